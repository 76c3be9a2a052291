/** Distances of near looks with their bootstrap intervals. */
import type { Random } from "../sampling/index.ts";
import { bootstrapInterval, resampled, rowsAt } from "./bootstrap.ts";
import { type DetailSet, type PatchSet, patchScales } from "./detail-set.ts";
import type { DoubleProduct } from "./double-products.ts";
import { frechetScore } from "./frechet-score.ts";
import { type PlacedMoments, placedDistance, sumPlaced } from "./placed.ts";
import { defaultReplicates, PATCH_REPLICATES } from "./replicates.ts";
import { missingScore, type Score, within } from "./scores.ts";

export const detailMetrics = ["fid_shallow", "patch_fine", "patch_coarse"] as const;
export type DetailMetric = (typeof detailMetrics)[number];

export interface Resampling {
  /** Replicates of each interval; by default `defaultReplicates` of the shallow width, and 50 of patch distances, which compare every place. */
  readonly replicates: number | undefined;
  readonly randomFor: (name: string) => Random;
  readonly product: DoubleProduct;
}

/** Those of the distances that are wanted. Replicates resample the drawn pictures, the reference stays. */
export async function detailScores(
  drawn: DetailSet | undefined,
  reference: DetailSet | undefined,
  wanted: readonly string[],
  { replicates, randomFor, product }: Resampling,
): Promise<{ readonly [K in DetailMetric]?: Score }> {
  const scores: { [K in DetailMetric]?: Score } = {};
  const names = detailMetrics.filter((name) => wanted.includes(name));
  if (drawn === undefined || reference === undefined) {
    const why = drawn === undefined ? "the features have no near looks" : "the reference has no near looks";
    for (const name of names) scores[name] = missingScore(why);
    return scores;
  }
  if (names.includes("fid_shallow")) {
    const sides = [drawn.shallow, drawn.shallowRows, reference.shallow] as const;
    const count = replicates ?? defaultReplicates(drawn.shallow.dim);
    scores.fid_shallow = await frechetScore(...sides, count, randomFor, product);
  }
  for (const scale of patchScales)
    if (names.includes(`patch_${scale}`)) {
      const sides = [drawn.patches[scale], reference.patches[scale].moments] as const;
      scores[`patch_${scale}`] = await patchScore(...sides, replicates ?? PATCH_REPLICATES, randomFor("patches"));
    }
  return scores;
}

/** Resampled pictures whose patches are held at once. */
const CHUNK = 256;

async function patchScore(
  { moments, rows }: PatchSet,
  reference: PlacedMoments,
  replicates: number,
  random: Random,
): Promise<Score> {
  const value = await placedDistance(moments, reference);
  if (rows === undefined || replicates < 2) return { value };
  const [places, width] = [moments.length, moments[0]!.dim];
  const values = new Float64Array(replicates);
  for (let r = 0; r < replicates; r++) {
    const sum = sumPlaced(places, width);
    const chosen = resampled(rows.length / (places * width), random);
    for (let at = 0; at < chosen.length; at += CHUNK)
      sum.add(rowsAt(rows, places * width, chosen.subarray(at, at + CHUNK)));
    values[r] = await placedDistance(sum.finish(), reference);
  }
  return { value, interval: within(bootstrapInterval(value, values), 0, Number.MAX_VALUE), replicates };
}
