/**
 * Tokens fed in that are not the true ones, so that fine grids learn to correct coarse ones: at inference a model meets its own
 * mistakes (bitwise self-correction of Infinity, arXiv 2412.04431, section 3.4, is this with random flips).
 */
import type { Random } from "../sampling/index.ts";

/** Nearest other codes of every code by cosine [V, k], nearest first. `codes` [V, Z] have unit length. */
export function nearestOthers(codes: Float32Array, Z: number, k: number): Int32Array {
  const V = codes.length / Z;
  const most = Math.min(k, V - 1);
  const nearest = new Int32Array(V * most);
  const cosine = new Float32Array(V);
  for (let v = 0; v < V; v++) {
    for (let u = 0; u < V; u++) {
      let sum = 0;
      for (let z = 0; z < Z; z++) sum += codes[v * Z + z]! * codes[u * Z + z]!;
      cosine[u] = u === v ? Number.NEGATIVE_INFINITY : sum;
    }
    const order = Int32Array.from(cosine.keys()).sort((a, b) => cosine[b]! - cosine[a]! || a - b);
    nearest.set(order.subarray(0, most), v * most);
  }
  return nearest;
}

/** A picture's tokens with a share of them replaced, each by one of its nearest others. Takes two numbers a token. */
export function corruptTokens(
  tokens: Int32Array,
  nearest: Int32Array,
  k: number,
  share: number,
  random: Random,
): Int32Array {
  return tokens.map((token) => {
    const replaced = random.uniform() < share;
    const other = nearest[token * k + random.int(k)]!;
    return replaced ? other : token;
  });
}
