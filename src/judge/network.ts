/**
 * A small residual classifier (He et al., arXiv 1603.05027, blocks that normalise first) for pictures of any size: patches, stages of
 * residual blocks that halve the side, and the mean over all positions.
 */
import { type Dim, dim, input, ops, type Tensor } from "../engine/index.ts";
import {
  convLayer,
  declareConv,
  declareGroupNorm,
  declareLinear,
  declareResnetBlock,
  groupNorm,
  linear,
  type ParamDecl,
  type Params,
  resnetBlock,
} from "../nn/index.ts";

const { reduceMean, reshape, silu } = ops;

export interface ClassifierConfig {
  /** Side of the square patches that the first layer reads, without overlap. */
  readonly patchSize: number;
  /** Channels of each stage; a stage after the first halves the side. The last is the width of the features. */
  readonly widths: readonly number[];
  /** Residual blocks of each stage. */
  readonly blocks: number;
  readonly normGroups: number;
  readonly classes: number;
}

/** Sides of pictures must be multiples of this. */
export function sideMultiple({ patchSize, widths }: ClassifierConfig): number {
  return patchSize * 2 ** (widths.length - 1);
}

/** Width of the features. */
export const featureWidth = ({ widths }: ClassifierConfig): number => widths.at(-1)!;

const entryName = (stage: number): string => (stage === 0 ? "stem" : `stages.${stage}.down`);
const blockName = (stage: number, block: number): string => `stages.${stage}.blocks.${block}`;

export function declareClassifier({ patchSize, widths, blocks, classes }: ClassifierConfig): ParamDecl[] {
  const decls: ParamDecl[] = [];
  widths.forEach((width, stage) => {
    const inputs = stage === 0 ? 3 : widths[stage - 1]!;
    decls.push(...declareConv(entryName(stage), width, inputs, stage === 0 ? patchSize : 2));
    for (let block = 0; block < blocks; block++)
      decls.push(...declareResnetBlock(blockName(stage, block), width, width));
  });
  const width = widths.at(-1)!;
  return [
    ...decls,
    ...declareGroupNorm("norm", width),
    ...declareLinear("head", classes, width, { kind: "truncatedNormal", std: 0.02 }),
  ];
}

/** Pictures [B, 3, H, W] in [−1, 1], sides in multiples of `sideMultiple`, as an input named `image`. */
export function pictureInput(config: ClassifierConfig): Tensor {
  const m = sideMultiple(config);
  return input("image", "float32", ["B", 3, `${m}*h`, `${m}*w`]);
}

/** Pictures [B, 3, H, W] to `features` [B, C], the mean of the last activations, and `logits` [B, K]. */
export function classify(
  p: Params,
  { patchSize, widths, blocks, normGroups }: ClassifierConfig,
  image_B3HW: Tensor,
): { features: Tensor; logits: Tensor } {
  let x = image_B3HW;
  widths.forEach((width, stage) => {
    const side = stage === 0 ? patchSize : 2;
    x = convLayer(p, entryName(stage), x, { strides: [side, side] });
    for (let block = 0; block < blocks; block++) x = resnetBlock(p, blockName(stage, block), x, width, normGroups);
  });
  const last = silu(groupNorm(p, "norm", x, normGroups));
  const features = reshape(reduceMean(last, [2, 3]), [dim(last, 0), dim(last, 1)] as [Dim, Dim]);
  return { features, logits: linear(p, "head", features) };
}
