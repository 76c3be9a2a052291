/** Gradients of convolutions as graph, and what they need of kernels. */
import { addDims, type Dim, mulDims, type Shape, subDims } from "./dims.ts";
import { concat, conv, convTranspose, matmul, pad, reshape, slice, transpose } from "./functions.ts";
import type { ConvAttrs } from "./ops/attrs.ts";
import { constant, dim, type Tensor } from "./tensor.ts";

/** Gradient of a convolution with respect to its input of shape `xShape`. */
export function convInputGrad(grad: Tensor, w: Tensor, xShape: Shape, { strides, pads }: ConvAttrs): Tensor {
  const [, , kh, kw] = w.shape as [Dim, Dim, number, number];
  if (strides[0] === 1 && strides[1] === 1) {
    const around: ConvAttrs["pads"] = [kh - 1 - pads[0], kw - 1 - pads[1], kh - 1 - pads[2], kw - 1 - pads[3]];
    if (around.every((p) => p >= 0)) return conv(grad, turnKernel(w), undefined, { pads: around });
  }
  const plain = convTranspose(grad, w, undefined, { strides, pads });
  const missing = [2, 3].map((axis) => subDims(xShape[axis]!, plain.shape[axis]!)) as [number, number];
  return convTranspose(grad, w, undefined, { strides, pads, outputPadding: missing });
}

/** [O, I, kh, kw] to [I, O, kh, kw], turned by 180 degrees. */
export function turnKernel(w: Tensor): Tensor {
  const [o, i, kh, kw] = w.shape as [number, number, number, number];
  const taps = kh * kw;
  const swapped = transpose(w, [1, 0, 2, 3]);
  if (taps === 1) return swapped;
  const backwards = permutation(taps, (tap) => taps - 1 - tap);
  return reshape(matmul(reshape(swapped, [i * o, taps]), backwards), [i, o, kh, kw]);
}

/**
 * Gradient of a convolution with respect to its kernel [O, I, kh, kw]: products [O, cells] · [cells, I] of the gradient and the shifted
 * input, which sum over all pictures. Rows are shifted in the gradient, so that one product serves a column of the kernel, columns in the
 * input with its channels last: either way what is copied lies side by side.
 */
export function convWeightGrad(x: Tensor, grad: Tensor, wShape: Shape, { strides, pads }: ConvAttrs): Tensor {
  const [o, i, kh, kw] = wShape as [number, number, number, number];
  const [n, , h, w] = grad.shape as [Dim, Dim, Dim, Dim];
  const [tapRows, tapColumns] = [[...Array(kh).keys()], [...Array(kw).keys()]];
  const channelsFirst = transpose(grad, [1, 0, 2, 3]);
  const padded = pad(transpose(x, [0, 2, 3, 1]), 2, pads[1], pads[3]);
  // Only rows that follow each other can be shifted in the gradient.
  const follow = strides[0] === 1;
  const height = follow ? dim(x, 2) : h;
  const cells = mulDims(n, mulDims(height, w));
  const gradients = follow ? shiftedRows(channelsFirst, kh, pads) : [channelsFirst];
  const inputs = follow
    ? [padded]
    : tapRows.map((tap) => strided(pad(padded, 1, pads[0], pads[2]), 1, tap, strides[0], h));
  const left = reshape(concat(gradients, 0), [o * gradients.length, cells]);
  const taps = inputs.flatMap((rows) =>
    tapColumns.map((tap) => matmul(left, reshape(strided(rows, 2, tap, strides[1], w), [cells, i]))),
  );
  const tapsFirst = reshape(concat(taps, 0), [kh * kw, o * i]);
  if (kh * kw === 1) return reshape(tapsFirst, [o, i, kh, kw]);
  const place = (at: number): number => (follow ? (at % kh) * kw + Math.floor(at / kh) : at);
  return reshape(matmul(tapsFirst, permutation(kh * kw, place), { transA: true }), [o, i, kh, kw]);
}

/** A gradient [O, N, h, w] as each row of a kernel meets the input's rows, zeros where it meets none. */
function shiftedRows(grad: Tensor, kernel: number, [top, , bottom]: ConvAttrs["pads"]): Tensor[] {
  const [before, after] = [Math.max(0, kernel - 1 - top), Math.max(0, kernel - 1 - bottom)];
  const padded = pad(grad, 2, before, after);
  return Array.from({ length: kernel }, (_, tap) => {
    const [begin, end] = [tap - top, kernel - 1 - bottom - tap];
    if (begin === 0 && end === 0) return grad;
    return slice(padded, 2, before - begin, end === after ? Number.POSITIVE_INFINITY : end - after);
  });
}

/** Every `stride`-th element of an axis from `offset` on, `count` of them. */
function strided(x: Tensor, axis: number, offset: number, stride: number, count: Dim): Tensor {
  const rest = subDims(dim(x, axis), addDims(mulDims(subDims(count, 1), stride), offset + 1));
  if (typeof rest !== "number" || rest < 0) throw new Error(`convWeightGrad: expected a fixed remainder, got ${rest}`);
  return slice(x, axis, offset, rest === 0 ? Number.POSITIVE_INFINITY : -rest, stride);
}

/** The matrix [n, n] by which a product puts column k to place `to(k)`: on few columns faster than gathering or transposing single numbers. */
function permutation(n: number, to: (column: number) => number): Tensor {
  const data = Float32Array.from({ length: n * n }, (_, at) => (to(Math.floor(at / n)) === at % n ? 1 : 0));
  return constant(data, [n, n]);
}
