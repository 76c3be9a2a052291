/** Distances of near looks with their bootstrap intervals. */
import { rowsAt } from "./bootstrap.ts";
import { type DetailSet, type PatchSet, patchScales } from "./detail-set.ts";
import { frechetScore } from "./frechet-score.ts";
import { type PlacedMoments, placedDistance, sumPlaced } from "./placed.ts";
import { PATCH_REPLICATES } from "./replicates.ts";
import { type Resampling, resampledDistance } from "./resampling.ts";
import { missingScores, type Score } from "./scores.ts";

export const detailMetrics = ["fid_shallow", "patch_fine", "patch_coarse"] as const;
export type DetailMetric = (typeof detailMetrics)[number];

/** Those of the distances that are wanted. */
export async function detailScores(
  drawn: DetailSet | undefined,
  reference: DetailSet | undefined,
  wanted: readonly string[],
  resampling: Resampling,
): Promise<{ readonly [K in DetailMetric]?: Score }> {
  if (drawn === undefined) return missingScores(detailMetrics, "the features have no near looks");
  if (reference === undefined) return missingScores(detailMetrics, "the reference has no near looks");
  const scores: { [K in DetailMetric]?: Score } = {};
  if (wanted.includes("fid_shallow"))
    scores.fid_shallow = await frechetScore(drawn.shallow, drawn.shallowRows, reference.shallow, resampling);
  for (const scale of patchScales)
    if (wanted.includes(`patch_${scale}`))
      scores[`patch_${scale}`] = await patchScore(drawn.patches[scale], reference.patches[scale].moments, resampling);
  return scores;
}

/** Resampled pictures whose patches are held at once. */
const CHUNK = 256;

async function patchScore(
  { moments, rows }: PatchSet,
  reference: PlacedMoments,
  { bootstrap = PATCH_REPLICATES, randomFor }: Resampling,
): Promise<Score> {
  const value = await placedDistance(moments, reference);
  if (rows === undefined) return { value };
  const [places, width] = [moments.length, moments[0]!.dim];
  const size = places * width;
  return resampledDistance(value, rows.length / size, bootstrap, randomFor("patches"), async (chosen) => {
    const sum = sumPlaced(places, width);
    for (let at = 0; at < chosen.length; at += CHUNK) sum.add(rowsAt(rows, size, chosen.subarray(at, at + CHUNK)));
    return placedDistance(sum.finish(), reference);
  });
}
