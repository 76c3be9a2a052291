/** The networks that tell classes apart, behind one interface. */
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
import type { NetworkClassifierTraining } from "./config.ts";
import { DETAIL_PLACES, DETAIL_WIDTH, detailFeatures } from "./detail.ts";

const { abs, concat, l2Normalize, mul, reduceMean, reshape, sign, silu, sqrt } = ops;

export interface Network {
  readonly decls: readonly ParamDecl[];
  /** Width of the features. */
  readonly width: number;
  /** The side nearest to a picture's that the network takes. */
  takenSide(side: number): number;
  /** The input `image` [B, 3, H, W] in [−1, 1] to `features` [B, C] and `logits` [B, K]. */
  graph(p: Params): { readonly features: Tensor; readonly logits: Tensor };
}

export type NetworkConfig = ResidualConfig | DiscriminantConfig;

export const networkOf = (config: NetworkConfig): Network =>
  "kind" in config ? discriminantNetwork(config) : residualNetwork(config);

export const nearestMultiple = (side: number, multiple: number): number =>
  Math.max(multiple, Math.round(side / multiple) * multiple);

type ResidualConfig = NetworkClassifierTraining["model"] & { readonly classes: number };

/** Sides of pictures must be multiples of this. */
export function sideMultiple({ patchSize, widths }: ResidualConfig): number {
  return patchSize * 2 ** (widths.length - 1);
}

const entryName = (stage: number): string => (stage === 0 ? "stem" : `stages.${stage}.down`);
const blockName = (stage: number, block: number): string => `stages.${stage}.blocks.${block}`;

/**
 * A small residual classifier (He et al., arXiv 1603.05027, blocks that normalise first) for pictures of any size: patches, stages of
 * residual blocks that halve the side, and the mean over all positions.
 */
function residualNetwork(config: ResidualConfig): Network {
  const { patchSize, widths, blocks, normGroups } = config;
  const multiple = sideMultiple(config);
  return {
    decls: declareResidual(config),
    width: widths.at(-1)!,
    takenSide: (side) => nearestMultiple(side, multiple),
    graph(p) {
      let x = input("image", "float32", ["B", 3, `${multiple}*h`, `${multiple}*w`]);
      widths.forEach((width, stage) => {
        const side = stage === 0 ? patchSize : 2;
        x = convLayer(p, entryName(stage), x, { strides: [side, side] });
        for (let block = 0; block < blocks; block++) x = resnetBlock(p, blockName(stage, block), x, width, normGroups);
      });
      const last = silu(groupNorm(p, "norm", x, normGroups));
      // The mean of the last activations.
      const features = reshape(reduceMean(last, [2, 3]), [dim(last, 0), dim(last, 1)] as [Dim, Dim]);
      return { features, logits: linear(p, "head", features) };
    },
  };
}

function declareResidual({ patchSize, widths, blocks, classes }: ResidualConfig): ParamDecl[] {
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

interface DiscriminantConfig {
  readonly kind: "discriminant";
  /** Side in pixels that pictures are brought to; a multiple of 16. */
  readonly side: number;
  /** Directions kept: the width of the features. */
  readonly width: number;
  readonly classes: number;
}

/** Numbers that are projected: all near looks at all places of both sizes. */
export const PLACED_WIDTH = (DETAIL_PLACES.fine ** 2 + DETAIL_PLACES.coarse ** 2) * DETAIL_WIDTH;

/**
 * A classifier without layers that learn by steps: near looks at fixed places, projected onto the directions that tell classes apart
 * (linear discriminants: Fisher, 1936; Rao, 1948), and compared with each class's mean by the cosine of their angle. Of a few drawings a class it
 * names more than a network trained on them does, and its features move with whatever moves in the picture.
 */
function discriminantNetwork({ side, width, classes }: DiscriminantConfig): Network {
  const init = { kind: "zeros" } as const;
  return {
    decls: [
      ...declareLinear("projection", width, PLACED_WIDTH, init),
      ...declareLinear("head", classes, width, init, false),
    ],
    width,
    takenSide: () => side,
    graph(p) {
      const features = linear(p, "projection", placedLooks(side));
      return { features, logits: linear(p, "head", l2Normalize(features), { bias: false }) };
    },
  };
}

/**
 * Near looks at all places [B, PLACED_WIDTH] of the input `image` [B, 3, side, side] in [−1, 1]; roots, so that many small responses
 * weigh as much as few large ones.
 */
export function placedLooks(side: number): Tensor {
  const { fine, coarse } = detailFeatures(input("image", "float32", ["B", 3, side, side]));
  const flat = (x: Tensor): Tensor => reshape(x, [dim(x, 0), (dim(x, 1) as number) * DETAIL_WIDTH] as Dim[]);
  const looks = concat([flat(fine), flat(coarse)], 1);
  return mul(sign(looks), sqrt(abs(looks)));
}
