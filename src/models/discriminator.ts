/** PatchGAN discriminator (Isola et al., arXiv 1611.07004): judges overlapping patches of a picture. */
import { ops, type Tensor } from "../engine/index.ts";
import { convLayer, declareConv, declareGroupNorm, groupNorm, type ParamDecl, type Params } from "../nn/index.ts";

const { leakyRelu } = ops;

export interface DiscriminatorConfig {
  /** Width of the first layer; doubles with each layer, at most eightfold. 64 in LlamaGen. */
  readonly baseChannels: number;
  /** Layers that halve the side, the first included. 3 in LlamaGen. */
  readonly layers: number;
}

const SLOPE = 0.2;
const KERNEL = 4;
/** One group: every picture is normalised on its own, so that small batches do not matter (LlamaGen: batch norm). */
const GROUPS = 1;

const widthOf = ({ baseChannels }: DiscriminatorConfig, layer: number): number =>
  baseChannels * Math.min(2 ** layer, 8);
const nameOf = (layer: number): string => `discriminator.layers.${layer}`;

export function declareDiscriminator(config: DiscriminatorConfig): ParamDecl[] {
  const decls = declareConv(`${nameOf(0)}.conv`, widthOf(config, 0), 3, KERNEL);
  for (let layer = 1; layer <= config.layers; layer++) {
    decls.push(...declareConv(`${nameOf(layer)}.conv`, widthOf(config, layer), widthOf(config, layer - 1), KERNEL));
    decls.push(...declareGroupNorm(`${nameOf(layer)}.norm`, widthOf(config, layer)));
  }
  decls.push(...declareConv("discriminator.out", 1, widthOf(config, config.layers), KERNEL));
  return decls;
}

/** Pictures [B, 3, H, W] to scores [B, 1, h, w] of patches: high for real. Sides are fixed multiples of 2^layers. */
export function discriminate(p: Params, config: DiscriminatorConfig, image_B3HW: Tensor): Tensor {
  const pads = [1, 1, 1, 1] as const;
  let x = leakyRelu(convLayer(p, `${nameOf(0)}.conv`, image_B3HW, { strides: [2, 2], pads }), SLOPE);
  for (let layer = 1; layer <= config.layers; layer++) {
    const strides = layer < config.layers ? ([2, 2] as const) : ([1, 1] as const);
    x = convLayer(p, `${nameOf(layer)}.conv`, x, { strides, pads });
    x = leakyRelu(groupNorm(p, `${nameOf(layer)}.norm`, x, GROUPS), SLOPE);
  }
  return convLayer(p, "discriminator.out", x, { pads });
}
