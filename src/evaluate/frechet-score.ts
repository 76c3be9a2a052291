import type { Random } from "../sampling/index.ts";
import { bootstrapInterval, resampled, rowsAt } from "./bootstrap.ts";
import type { DoubleProduct } from "./double-products.ts";
import { frechetDistance } from "./frechet.ts";
import { type Moments, sumMoments } from "./moments.ts";
import { type Score, within } from "./scores.ts";

/** Fréchet distance with replicates from resampled rows, where rows are held. */
export async function frechetScore(
  moments: Moments,
  rows: Float32Array | undefined,
  reference: Moments,
  replicates: number,
  randomFor: (name: string) => Random,
  product: DoubleProduct,
): Promise<Score> {
  const value = await frechetDistance(moments, reference, product);
  if (rows === undefined || replicates < 2) return { value };
  const random = randomFor("frechet");
  const { dim } = moments;
  const values = new Float64Array(replicates);
  for (let r = 0; r < replicates; r++) {
    const sum = sumMoments(dim, product);
    const chosen = resampled(rows.length / dim, random);
    for (let at = 0; at < chosen.length; at += CHUNK) await sum.add(rowsAt(rows, dim, chosen.subarray(at, at + CHUNK)));
    values[r] = await frechetDistance(await sum.finish(), reference, product);
  }
  return { value, interval: within(bootstrapInterval(value, values), 0, Number.MAX_VALUE), replicates };
}

/** Resampled rows held at once. */
const CHUNK = 2048;
