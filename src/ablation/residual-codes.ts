/** A codebook for remainders. */
import type { Random } from "../sampling/index.ts";
import { concat } from "./concat.ts";
import { nearestRow } from "./nearest.ts";
import { residualSpace, shrink, toRows } from "./spaces.ts";

export interface CodebookFit {
  readonly codebookSize: number;
  /** Passes over the latents. */
  readonly rounds: number;
}

/**
 * k-means (Lloyd 1982) over the pooled remainders of all grids. Remainders depend on the codes of coarser grids, so that every round
 * begins with the latents and moves each code to the mean of the remainders that chose it; a code that none chose takes a
 * remainder drawn from all. Latents are planes [Z, S, S].
 */
export function fitResidualCodes(
  latents: readonly Float32Array[],
  channels: number,
  sides: readonly number[],
  { codebookSize: V, rounds }: CodebookFit,
  random: Random,
): Float32Array {
  const first = latents.map((latent) => remainders(latent, undefined, channels, sides));
  let codes = drawRows(first, channels, V, random);
  for (let round = 0; round < rounds; round++) {
    const sums = new Float64Array(V * channels);
    const counts = new Uint32Array(V);
    const pool: Float32Array[] = [];
    for (const latent of latents) {
      const rows = remainders(latent, codes, channels, sides);
      pool.push(rows);
      for (let at = 0; at < rows.length; at += channels) {
        const id = nearestRow(codes, channels, rows, at);
        counts[id]!++;
        for (let z = 0; z < channels; z++) sums[id * channels + z]! += rows[at + z]!;
      }
    }
    const fresh = drawRows(pool, channels, V, random);
    codes = Float32Array.from(sums, (sum, i) => {
      const count = counts[Math.floor(i / channels)]!;
      return count === 0 ? fresh[i]! : sum / count;
    });
  }
  return codes;
}

/** The pooled remainders that a latent asks to quantise, all grids' rows in one list; without codes nothing is subtracted. */
function remainders(
  latent: Float32Array,
  codes: Float32Array | undefined,
  channels: number,
  sides: readonly number[],
): Float32Array {
  const S = sides[sides.length - 1]!;
  const space = codes && residualSpace(codes, channels, sides);
  const tokens = space?.encode(latent);
  const rest = Float32Array.from(latent);
  const rows = sides.map((side, i) => {
    const taken = space && tokens ? space.latent(tokens.slice(0, i)) : undefined;
    if (taken) for (let k = 0; k < rest.length; k++) rest[k] = latent[k]! - taken[k]!;
    return toRows(shrink(rest, S, side), channels, side);
  });
  return concat(rows);
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
