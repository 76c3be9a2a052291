/** Tensors whose elements lie in another order than C's. */
import { countElements } from "./types.ts";

/** Strides of a C-contiguous tensor, in elements. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= Math.max(shape[i]!, 1);
  }
  return strides;
}

export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  const wanted = contiguousStrides(shape);
  return shape.every((size, i) => size === 1 || strides[i] === wanted[i]);
}

/** Copies elements that lie `strides` apart into C order. Bytes are moved as unsigned integers of the item's size. */
export function gather(
  span: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  itemSize: number,
): Uint8Array {
  const out = new Uint8Array(countElements(shape) * itemSize);
  const rank = shape.length;
  const inner = shape[rank - 1]!;
  const innerStep = strides[rank - 1]! * itemSize;
  const index = new Array<number>(rank).fill(0);
  let from = 0;
  for (let to = 0; to < out.length; ) {
    for (let i = 0, at = from; i < inner; i++, at += innerStep) {
      for (let byte = 0; byte < itemSize; byte++) out[to++] = span[at + byte]!;
    }
    for (let axis = rank - 2; axis >= 0; axis--) {
      from += strides[axis]! * itemSize;
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]! * itemSize;
      index[axis] = 0;
    }
  }
  return out;
}
