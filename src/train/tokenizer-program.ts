/** The graph of a tokenizer's training step, and which of its parameters the step moves. */
import { ops, type Program } from "../engine/index.ts";
import { CODEBOOK, declareTokenizer, isDecoderParam } from "../models/index.ts";
import { type ParamDecl, paramTensors } from "../nn/index.ts";
import { extraDecls, extraLosses } from "./extra-losses.ts";
import { stepOptionsOf } from "./optimizer.ts";
import { stepProgram } from "./step.ts";
import type { TokenizerTraining } from "./tokenizer-config.ts";
import { imageInput, tokenizerObjective } from "./tokenizer-objective.ts";

/** Whether a gradient moves a parameter: the decoder's alone, or all but codes that are moving averages. */
export function isTrained({ train, codebook }: TokenizerTraining, { name }: ParamDecl): boolean {
  if (train === "decoder") return isDecoderParam(name);
  return codebook.update === "gradient" || name !== CODEBOOK;
}

/** Pooled grids of a step beside the native one, which is `native` cells wide. */
export const smallScaleCount = ({ scales }: TokenizerTraining, native: number): number =>
  Math.min(scales.perBatch - 1, native - 1);

/**
 * The step's program, where `judged` says whether the discriminator takes part. Beside a `stepProgram`'s, its outputs are
 * `reconstruction`, the native grid's `pixel` and `commitment`, the optional terms by name, and for every grid i its normalised
 * encoder vectors `rows{i}` [B, l, Z] and the codes `tokens{i}` [B, l] that they chose.
 */
export function tokenizerProgram(config: TokenizerTraining, native: number, judged: boolean): Program {
  const { model, optimizer } = config;
  const decls = declareTokenizer(model);
  const trained = decls.filter((decl) => isTrained(config, decl));
  const { lpips, discriminator } = extraDecls(config);
  const p = paramTensors([...decls, ...lpips, ...discriminator]);
  const codesMove = trained.some(({ name }) => name === CODEBOOK);
  const weights = { ...config.loss, codebook: codesMove ? config.loss.codebook : 0 };
  const image = imageInput(model, native, native);
  const small = smallScaleCount(config, native);
  const objective = tokenizerObjective(p, model, image, [native, native], small, weights);
  const last = objective.scales.at(-1)!;
  const { perceptual, adversarial, second } = extraLosses(p, config, last.reconstruction, last.target, judged);
  const terms = { ...(perceptual && { perceptual }), ...(adversarial && { adversarial }) };
  const total = Object.values(terms).reduce((sum, term) => ops.add(sum, term), objective.total);
  const perScale = objective.scales.flatMap(({ rows, tokens }, i) => [
    [`rows${i}`, rows] as const,
    [`tokens${i}`, tokens] as const,
  ]);
  const extras = {
    reconstruction: objective.reconstruction,
    pixel: last.pixel,
    commitment: last.commitment,
    ...Object.fromEntries(perScale),
    ...terms,
  };
  return stepProgram("train_tokenizer", trained, p, total, extras, stepOptionsOf(optimizer), second);
}
