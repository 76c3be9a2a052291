/**
 * LPIPS (Zhang et al., arXiv 1801.03924, section 3): distance of VGG-16 features, each position's channels scaled to unit
 * length, weighted per channel by learned weights.
 */
import { constant, ops, type Tensor } from "../engine/index.ts";
import { convLayer, declareConv, type ParamDecl, type Params, same3x3 } from "../nn/index.ts";

const { add, conv, div, max, mean, mul, reduceSum, relu, slice, sqrt, sub } = ops;

/** Convolutions of VGG-16's five blocks by their number in torchvision's `features`; features are taken after each block. */
const BLOCKS = [
  { width: 64, convs: [0, 2] },
  { width: 128, convs: [5, 7] },
  { width: 256, convs: [10, 12, 14] },
  { width: 512, convs: [17, 19, 21] },
  { width: 512, convs: [24, 26, 28] },
] as const;

/** Sides must be multiples of this. */
export const LPIPS_MULTIPLE = 16;

const EPSILON = 1e-10;
const linName = (block: number): string => `lin${block}.model.1.weight`;

/** VGG's weights under torchvision's names and the linear weights under LPIPS's. */
export function declareLpips(): ParamDecl[] {
  const decls: ParamDecl[] = [];
  let inputs = 3;
  BLOCKS.forEach(({ width, convs }, block) => {
    for (const number of convs) {
      decls.push(...declareConv(`features.${number}`, width, inputs, 3));
      inputs = width;
    }
    decls.push({ name: linName(block), shape: [1, width, 1, 1], init: { kind: "constant", value: 1 }, decay: false });
  });
  return decls;
}

/** Pictures in [−1, 1] to the range that VGG was trained on: the authors' shift and scale of each channel. */
function scaled(image: Tensor): Tensor {
  const shift = constant(Float32Array.of(-0.03, -0.088, -0.188), [1, 3, 1, 1]);
  const scale = constant(Float32Array.of(0.458, 0.448, 0.45), [1, 3, 1, 1]);
  return div(sub(image, shift), scale);
}

/** Largest of 2×2 pixels. */
function maxPool(x: Tensor): Tensor {
  const rows = max(slice(x, 2, 0, Number.POSITIVE_INFINITY, 2), slice(x, 2, 1, Number.POSITIVE_INFINITY, 2));
  return max(slice(rows, 3, 0, Number.POSITIVE_INFINITY, 2), slice(rows, 3, 1, Number.POSITIVE_INFINITY, 2));
}

function features(p: Params, image: Tensor): Tensor[] {
  let x = scaled(image);
  return BLOCKS.map(({ convs }, block) => {
    if (block > 0) x = maxPool(x);
    for (const number of convs) x = relu(convLayer(p, `features.${number}`, x, same3x3));
    return x;
  });
}

/** Each position's channels scaled to unit length. */
function unit(x: Tensor): Tensor {
  return div(x, add(sqrt(add(reduceSum(mul(x, x), [1]), EPSILON)), EPSILON));
}

/** Mean LPIPS distance of two picture batches [B, 3, H, W] in [−1, 1], rank 0; fixed sides in multiples of 16. */
export function lpips(p: Params, a_B3HW: Tensor, b_B3HW: Tensor): Tensor {
  const [ofA, ofB] = [features(p, a_B3HW), features(p, b_B3HW)];
  return ofA
    .map((a, block) => {
      const d = sub(unit(a), unit(ofB[block]!));
      return mean(conv(mul(d, d), p(linName(block)), undefined));
    })
    .reduce((sum, part) => add(sum, part));
}
