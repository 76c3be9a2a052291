/** Weights of a layer in int8, one scale an output. */

/** int8 values [K, N], as integer products read them, and the scale [N] of every column. */
export interface QuantizedWeight {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** Of either sign; −128 is not used. */
const LARGEST = 127;
/** Side of the squares in which a matrix is turned, so that both sides stay in the processor's cache. */
const TILE = 64;

/** A matrix [N, K] as int8 [K, N]: every row of it by its own scale, its largest magnitude at 127; ties to even. */
export function quantizeWeight(w: Float32Array, N: number, K: number): QuantizedWeight {
  const values = new Int8Array(w.length);
  const scales = new Float32Array(N);
  const factors = new Float32Array(N);
  for (let n = 0; n < N; n++) {
    let largest = 0;
    for (let at = n * K; at < (n + 1) * K; at++) {
      const size = Math.abs(w[at]!);
      if (size > largest) largest = size;
    }
    scales[n] = largest > 0 ? largest / LARGEST : 1;
    factors[n] = largest > 0 ? LARGEST / largest : 0;
  }
  for (let n0 = 0; n0 < N; n0 += TILE)
    for (let k0 = 0; k0 < K; k0 += TILE) {
      const [n1, k1] = [Math.min(N, n0 + TILE), Math.min(K, k0 + TILE)];
      for (let n = n0; n < n1; n++) {
        const factor = factors[n]!;
        for (let k = k0; k < k1; k++) values[k * N + n] = nearest(w[n * K + k]! * factor);
      }
    }
  return { values, scales };
}

/** 1.5 · 2^52: adding it leaves no bits for what is behind the point. */
const ROUNDING = 6755399441055744;

/** The nearest whole number, ties to even, of a number far below 2^51. */
const nearest = (x: number): number => x + ROUNDING - ROUNDING;
