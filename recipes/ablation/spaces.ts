/**
 * What a token stands for: two ways to write one latent as tokens of several grids, and what the transformer and the decoder are
 * given of them. The rest of the system is the same, so that the two can be compared (paper section 4.3, ablation of the
 * prediction type).
 */
import { areaMatrix, bicubicMatrix, resizeSeparable } from "../../src/image/index.ts";

export interface TokenSpace {
  /** Square grids, coarse to fine; the last is the latent's own side. */
  readonly sides: readonly number[];
  /** Z, channels of a latent. */
  readonly channels: number;
  /** Latent planes [Z, S, S] to token ids, a row-major list for each grid. */
  encode(latent: Float32Array): Int32Array[];
  /** The transformer's input for every grid but the first from the tokens of the grids before it: rows [s·s, Z] each. */
  inputs(tokens: readonly Int32Array[]): Float32Array[];
  /** What the decoder is given once all grids (or the first few) are there: planes [Z, S, S]. */
  latent(tokens: readonly Int32Array[]): Float32Array;
}

/**
 * FlexVAR: every grid's tokens are the latent itself, pooled (area) to the grid and quantised by cosine; a grid's input is the
 * grid before it, resized bicubically. `codes` [V, Z] have unit length.
 */
export function groundTruthSpace(codes: Float32Array, channels: number, sides: readonly number[]): TokenSpace {
  const S = sides[sides.length - 1]!;
  return {
    sides,
    channels,
    encode: (latent) =>
      sides.map((side) => nearestCodes(codes, channels, toRows(shrink(latent, S, side), channels, side))),
    inputs: (tokens) =>
      tokens.slice(0, sides.length - 1).map((ids, i) => {
        const next = sides[i + 1]!;
        return toRows(enlarge(lookUp(codes, channels, ids, sides[i]!), sides[i]!, next), channels, next);
      }),
    latent: (tokens) => {
      const side = sides[tokens.length - 1]!;
      return enlarge(lookUp(codes, channels, tokens[tokens.length - 1]!, side), side, S);
    },
  };
}

/**
 * VAR (arXiv 2404.02905, algorithms 1 and 2, without its convolutions after resizing): a grid's tokens are what the grids before it
 * left over, pooled and quantised by distance; the remainder loses their bicubic enlargement, and the sum of all enlargements is
 * decoded. A grid's input is the sum so far, pooled to it. Remainders shrink, so `codes` [V, Z] have any length.
 */
export function residualSpace(codes: Float32Array, channels: number, sides: readonly number[]): TokenSpace {
  const S = sides[sides.length - 1]!;
  const part = (tokens: Int32Array, side: number): Float32Array =>
    enlarge(lookUp(codes, channels, tokens, side), side, S);
  return {
    sides,
    channels,
    encode(latent) {
      const rest = Float32Array.from(latent);
      return sides.map((side) => {
        const ids = nearestCodes(codes, channels, toRows(shrink(rest, S, side), channels, side));
        addTo(rest, part(ids, side), -1);
        return ids;
      });
    },
    inputs(tokens) {
      const sum = new Float32Array(channels * S * S);
      return tokens.slice(0, sides.length - 1).map((ids, i) => {
        addTo(sum, part(ids, sides[i]!), 1);
        const next = sides[i + 1]!;
        return toRows(shrink(sum, S, next), channels, next);
      });
    },
    latent(tokens) {
      const sum = new Float32Array(channels * S * S);
      tokens.forEach((ids, i) => {
        addTo(sum, part(ids, sides[i]!), 1);
      });
      return sum;
    },
  };
}

/** For each of `rows` [n, Z] the row of `codes` [V, Z] at the smallest distance: of codes of unit length, the largest cosine. */
export function nearestCodes(codes: Float32Array, Z: number, rows: Float32Array): Int32Array {
  const halfSquares = Float64Array.from({ length: codes.length / Z }, (_, v) => dot(codes, v * Z, codes, v * Z, Z) / 2);
  return Int32Array.from({ length: rows.length / Z }, (_, i) => {
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    halfSquares.forEach((halfSquare, v) => {
      const closeness = dot(codes, v * Z, rows, i * Z, Z) - halfSquare;
      if (closeness > most) {
        most = closeness;
        best = v;
      }
    });
    return best;
  });
}

function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[atA + i]! * b[atB + i]!;
  return sum;
}

/** Pools planes [Z, from, from] to [Z, to, to]. */
export const shrink = (planes: Float32Array, from: number, to: number): Float32Array =>
  from === to ? planes : resizeSeparable(planes, areaMatrix(from, to), areaMatrix(from, to));

/** Enlarges planes [Z, from, from] bicubically to [Z, to, to]. */
const enlarge = (planes: Float32Array, from: number, to: number): Float32Array =>
  from === to ? planes : resizeSeparable(planes, bicubicMatrix(from, to), bicubicMatrix(from, to));

/** Planes [Z, side, side] to rows [side·side, Z]. */
export function toRows(planes: Float32Array, Z: number, side: number): Float32Array {
  const cells = side * side;
  const rows = new Float32Array(planes.length);
  for (let z = 0; z < Z; z++) for (let i = 0; i < cells; i++) rows[i * Z + z] = planes[z * cells + i]!;
  return rows;
}

function lookUp(codes: Float32Array, Z: number, tokens: Int32Array, side: number): Float32Array {
  const cells = side * side;
  const planes = new Float32Array(Z * cells);
  for (let i = 0; i < cells; i++) for (let z = 0; z < Z; z++) planes[z * cells + i] = codes[tokens[i]! * Z + z]!;
  return planes;
}

function addTo(sum: Float32Array, part: Float32Array, factor: number): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += factor * part[i]!;
}
