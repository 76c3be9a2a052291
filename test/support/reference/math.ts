/** Rows of numbers in double precision. */
export type Weights = ReadonlyMap<string, Float32Array>;

export function weight(w: Weights, name: string): Float32Array {
  const data = w.get(name);
  if (data === undefined) throw new Error(`reference: expected a parameter "${name}", got none`);
  return data;
}

/** W·x + b with W [out, in]. */
export function linear(w: Weights, name: string, x: Float64Array, bias = true): Float64Array {
  const W = weight(w, `${name}.weight`);
  const b = bias ? weight(w, `${name}.bias`) : undefined;
  const out = new Float64Array(W.length / x.length);
  for (let o = 0; o < out.length; o++) {
    let sum = b === undefined ? 0 : b[o]!;
    for (let i = 0; i < x.length; i++) sum += W[o * x.length + i]! * x[i]!;
    out[o] = sum;
  }
  return out;
}

export const silu = (x: number): number => x / (1 + Math.exp(-x));

/** The tanh form of GELU. */
export const gelu = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

export function unit(x: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(x);
  const norm = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
  return values.map((v) => v / Math.max(norm, 1e-12));
}

/** (x − mean) / sqrt(variance + 1e-6). */
export function normalised(x: Float64Array): Float64Array {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
  const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length;
  return x.map((v) => (v - mean) / Math.sqrt(variance + 1e-6));
}

export function softmax(x: Float64Array): Float64Array {
  const largest = x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = x.map((v) => Math.exp(v - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((v) => v / total);
}

/** Row `index` of a table of rows `width` wide. */
export function row(table: Float32Array, index: number, width: number): Float64Array {
  return Float64Array.from(table.subarray(index * width, (index + 1) * width));
}
