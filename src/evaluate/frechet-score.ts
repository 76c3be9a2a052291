import { rowsAt } from "./bootstrap.ts";
import { frechetDistance } from "./frechet.ts";
import { type Moments, sumMoments } from "./moments.ts";
import { defaultReplicates } from "./replicates.ts";
import { type Resampling, resampledDistance } from "./resampling.ts";
import type { Score } from "./scores.ts";

/** Resampled rows held at once. */
const CHUNK = 2048;

/** Fréchet distance with replicates from resampled rows, where rows are held. */
export async function frechetScore(
  moments: Moments,
  rows: Float32Array | undefined,
  reference: Moments,
  { bootstrap = defaultReplicates(moments.dim), randomFor, product }: Resampling,
): Promise<Score> {
  const value = await frechetDistance(moments, reference, product);
  if (rows === undefined) return { value };
  const { dim } = moments;
  return resampledDistance(value, rows.length / dim, bootstrap, randomFor("frechet"), async (chosen) => {
    const sum = sumMoments(dim, product);
    for (let at = 0; at < chosen.length; at += CHUNK) await sum.add(rowsAt(rows, dim, chosen.subarray(at, at + CHUNK)));
    return frechetDistance(await sum.finish(), reference, product);
  });
}
