/** Arrays of double precision for references written as plain loops over indices. */
export interface Nd {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1);
}

/** The array whose element at `index` is `value(index)`. */
export function tabulate(shape: readonly number[], value: (index: readonly number[]) => number): Nd {
  const data = new Float64Array(sizeOfShape(shape));
  const index = shape.map(() => 0);
  for (let n = 0; n < data.length; n++) {
    data[n] = value(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** Element at an index, which may be longer than the rank or run along extents of 1, as broadcasting reads. */
export function pick(x: Nd, index: readonly number[]): number {
  const skip = index.length - x.shape.length;
  let offset = 0;
  x.shape.forEach((extent, axis) => {
    offset = offset * extent + (extent === 1 ? 0 : index[axis + skip]!);
  });
  return x.data[offset]!;
}

export function broadcast(...arrays: readonly Nd[]): number[] {
  const rank = Math.max(...arrays.map((x) => x.shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const extents = arrays.map((x) => x.shape[i - rank + x.shape.length] ?? 1);
    return extents.find((d) => d !== 1) ?? 1;
  });
}

/** The index with the value at one axis replaced. */
export function put(index: readonly number[], axis: number, value: number): number[] {
  return index.map((v, i) => (i === axis ? value : v));
}

export const range = (n: number): number[] => [...Array(n).keys()];

export const total = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0);

export const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
