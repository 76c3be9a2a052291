/** The tokenizer's optional perceptual and adversarial terms, on the native grid's pictures. */

import { openTensorFile, toFloat32 } from "../checkpoint/index.ts";
import { ops, type Tensor } from "../engine/index.ts";
import { ExpectedError, FileError } from "../errors/index.ts";
import {
  type DiscriminatorConfig,
  declareDiscriminator,
  declareLpips,
  discriminate,
  LPIPS_MULTIPLE,
  lpips,
} from "../models/index.ts";
import type { ParamDecl, Params } from "../nn/index.ts";
import type { NamedArray } from "./state.ts";
import type { SecondNetwork } from "./step.ts";
import type { TokenizerTraining } from "./tokenizer-config.ts";

const { add, mean, mul, neg, relu } = ops;

/** Parameters that the terms need beside the tokenizer's. */
export function extraDecls({ perceptual, adversarial }: TokenizerTraining): {
  lpips: ParamDecl[];
  discriminator: ParamDecl[];
} {
  return {
    lpips: perceptual === undefined ? [] : declareLpips(),
    discriminator: adversarial === undefined ? [] : declareDiscriminator(adversarial),
  };
}

/** Reads LPIPS's two files. @throws Error naming a tensor that is missing or has another shape. */
export async function readLpips({ vgg, linear }: { vgg: string; linear: string }): Promise<Map<string, NamedArray>> {
  const [features, weights] = [await openTensorFile(vgg), await openTensorFile(linear)];
  try {
    const arrays = new Map<string, NamedArray>();
    for (const { name, shape } of declareLpips()) {
      const [file, path] = name.startsWith("features.") ? [features, vgg] : [weights, linear];
      const entry = file.tensors.get(name);
      if (entry === undefined || entry.shape.join() !== shape.join())
        throw new FileError(path, `"${name}" [${shape.join(", ")}]`, entry ? `[${entry.shape.join(", ")}]` : "none");
      arrays.set(name, { shape, data: Float32Array.from(toFloat32(await entry.read(), entry.dtype)) });
    }
    return arrays;
  } finally {
    await Promise.all([features.close(), weights.close()]);
  }
}

/** The terms as graph: what is added to the tokenizer's loss, and the discriminator's own training. */
export interface ExtraLosses {
  readonly perceptual: Tensor | undefined;
  readonly adversarial: Tensor | undefined;
  readonly second: SecondNetwork | undefined;
}

/**
 * Terms for a reconstruction and its target [B, 3, size, size] of fixed side; `judged` says whether the discriminator takes part
 * (it does from its start step on).
 */
export function extraLosses(
  p: Params,
  config: TokenizerTraining,
  reconstruction: Tensor,
  target: Tensor,
  judged: boolean,
): ExtraLosses {
  const { perceptual, adversarial } = config;
  if (perceptual !== undefined && config.data.size % LPIPS_MULTIPLE !== 0)
    throw new ExpectedError(
      `perceptual: expected a picture side in multiples of ${LPIPS_MULTIPLE}, got ${config.data.size}`,
    );
  const distance = perceptual === undefined ? undefined : mul(lpips(p, reconstruction, target), perceptual.weight);
  if (adversarial === undefined || !judged) return { perceptual: distance, adversarial: undefined, second: undefined };
  const judge = (picture: Tensor): Tensor => discriminate(p, adversarial satisfies DiscriminatorConfig, picture);
  return {
    perceptual: distance,
    adversarial: mul(generatorHinge(judge(reconstruction)), adversarial.weight),
    second: {
      decls: declareDiscriminator(adversarial),
      loss: discriminatorHinge(judge(target), judge(ops.stopGradient(reconstruction))),
    },
  };
}

// Hinge losses of a discriminator (Lim & Ye, arXiv 1705.02894), as LlamaGen trains its tokenizer.

/** What the discriminator minimises: real scores above 1, others below −1. */
export function discriminatorHinge(real: Tensor, fake: Tensor): Tensor {
  const wrongReal = mean(relu(add(neg(real), 1)));
  const wrongFake = mean(relu(add(fake, 1)));
  return mul(add(wrongReal, wrongFake), 0.5);
}

/** What the tokenizer adds to its loss: reconstructions that score high. */
export function generatorHinge(fake: Tensor): Tensor {
  return neg(mean(fake));
}
