/** A codebook for remainders. */
import { concatArrays } from "../../src/files/index.ts";
import type { Random } from "../../src/sampling/index.ts";
import { nearestCodes, residualSpace, shrink, toRows } from "./spaces.ts";

/**
 * k-means (Lloyd 1982) over the pooled remainders of all grids. Remainders depend on the codes of coarser grids, so that every round
 * begins with the latents and moves each code to the mean of the remainders that chose it; a code that none chose takes a
 * remainder drawn from all. Latents are planes [Z, S, S]; the codes are [V, Z].
 */
export function fitResidualCodes(
  latents: readonly Float32Array[],
  channels: number,
  sides: readonly number[],
  V: number,
  rounds: number,
  random: Random,
): Float32Array {
  // Codes of zeros take nothing off a latent.
  let codes: Float32Array = new Float32Array(channels);
  let pool = latents.map((latent) => remainders(latent, codes, channels, sides));
  codes = drawRows(pool, channels, V, random);
  for (let round = 0; round < rounds; round++) {
    const sums = new Float64Array(V * channels);
    const counts = new Uint32Array(V);
    pool = latents.map((latent) => remainders(latent, codes, channels, sides));
    for (const rows of pool)
      nearestCodes(codes, channels, rows).forEach((id, i) => {
        counts[id]!++;
        for (let z = 0; z < channels; z++) sums[id * channels + z]! += rows[i * channels + z]!;
      });
    const fresh = drawRows(pool, channels, V, random);
    codes = Float32Array.from(sums, (sum, i) => {
      const count = counts[Math.floor(i / channels)]!;
      return count === 0 ? fresh[i]! : sum / count;
    });
  }
  return codes;
}

/** The pooled remainders that a latent asks to quantise, all grids' rows in one list. */
function remainders(latent: Float32Array, codes: Float32Array, channels: number, sides: readonly number[]) {
  const S = sides[sides.length - 1]!;
  const space = residualSpace(codes, channels, sides);
  const tokens = space.encode(latent);
  const rows = sides.map((side, i) => {
    const taken = space.latent(tokens.slice(0, i));
    const rest = latent.map((value, k) => value - taken[k]!);
    return toRows(shrink(rest, S, side), channels, side);
  });
  return concatArrays(Float32Array, rows);
}

function drawRows(from: readonly Float32Array[], Z: number, count: number, random: Random): Float32Array {
  const out = new Float32Array(count * Z);
  for (let v = 0; v < count; v++) {
    const rows = from[random.int(from.length)]!;
    const at = random.int(rows.length / Z) * Z;
    out.set(rows.subarray(at, at + Z), v * Z);
  }
  return out;
}
