/**
 * A classifier without layers that learn by steps: near looks at fixed places, projected onto the directions that tell classes apart
 * (linear discriminants: Fisher, 1936; Rao, 1948), and compared with each class's mean by the cosine of their angle. Of a few drawings a class it
 * names more than a network trained on them does, and its features move with whatever moves in the picture.
 */
import { type Dim, dim, input, ops, type Tensor } from "../engine/index.ts";
import { declareLinear, linear, type ParamDecl, type Params } from "../nn/index.ts";
import { DETAIL_PLACES, DETAIL_WIDTH, detailFeatures } from "./detail.ts";

const { abs, concat, l2Normalize, mul, reshape, sign, sqrt } = ops;

export interface DiscriminantConfig {
  readonly kind: "discriminant";
  /** Side in pixels that pictures are brought to; a multiple of 16. */
  readonly side: number;
  /** Directions kept: the width of the features. */
  readonly width: number;
  readonly classes: number;
}

/** Numbers that are projected: all near looks at all places of both sizes. */
export const PLACED_WIDTH = (DETAIL_PLACES.fine ** 2 + DETAIL_PLACES.coarse ** 2) * DETAIL_WIDTH;

export function declareDiscriminant({ width, classes }: DiscriminantConfig): ParamDecl[] {
  const init = { kind: "zeros" } as const;
  return [
    ...declareLinear("projection", width, PLACED_WIDTH, init),
    ...declareLinear("head", classes, width, init, false),
  ];
}

/** Pictures [B, 3, side, side] in [−1, 1] as an input named `image`. */
export const discriminantInput = ({ side }: DiscriminantConfig): Tensor =>
  input("image", "float32", ["B", 3, side, side]);

/** Near looks at all places [B, PLACED_WIDTH]; roots, so that many small responses weigh as much as few large ones. */
export function placedLooks(image_B3HW: Tensor): Tensor {
  const { fine, coarse } = detailFeatures(image_B3HW);
  const flat = (x: Tensor): Tensor => reshape(x, [dim(x, 0), (dim(x, 1) as number) * DETAIL_WIDTH] as Dim[]);
  const looks = concat([flat(fine), flat(coarse)], 1);
  return mul(sign(looks), sqrt(abs(looks)));
}

/** Pictures to `features` [B, width] and `logits` [B, K]. */
export function discriminate(p: Params, image_B3HW: Tensor): { features: Tensor; logits: Tensor } {
  const features = linear(p, "projection", placedLooks(image_B3HW));
  return { features, logits: linear(p, "head", l2Normalize(features), { bias: false }) };
}
