/** Features of references kept between runs, one file each. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type NpyArray, openNpz, writeNpz } from "../checkpoint/index.ts";
import { makeFolders } from "../files/index.ts";
import { type DetailSet, type PatchScale, patchScales } from "./detail-set.ts";
import type { FeatureSet, Sides } from "./feature-set.ts";
import type { FeatureExtractor } from "./features.ts";
import type { Moments } from "./moments.ts";
import { momentsArrays } from "./statistics-file.ts";

/** What a set of features depends on. */
export interface CacheKey {
  /** SHA-256 of the pictures. */
  readonly sha256: string;
  readonly split: string | undefined;
  readonly extractor: Pick<FeatureExtractor, "name" | "hash" | "dim">;
  readonly size: Sides | undefined;
}

/** Changes with what the files hold. */
const VERSION = 2;

const fileOf = (folder: string, { sha256, split, extractor, size }: CacheKey): string => {
  const { name, hash, dim } = extractor;
  const text = JSON.stringify([VERSION, sha256, split ?? null, name, hash, dim, size?.width ?? 0, size?.height ?? 0]);
  return join(folder, `features-${createHash("sha256").update(text).digest("hex").slice(0, 32)}.npz`);
};

/** Keeps features; the file appears whole or not at all. */
export async function writeFeatureCache(folder: string, key: CacheKey, set: FeatureSet): Promise<void> {
  await makeFolders(folder);
  const { count, size, features, given, top, details } = set;
  const ints = (name: string, data: Int32Array | undefined, shape: number[]): [string, NpyArray][] =>
    data === undefined ? [] : [[name, { dtype: "int32", shape, data }]];
  const rows = (name: string, data: Int32Array | undefined) => ints(name, data, [count, (data?.length ?? 0) / count]);
  const placed = (scale: PatchScale, { patches }: DetailSet) =>
    momentsArrays(`_${scale}`, patches[scale].moments, [patches[scale].moments.length]);
  const ofFeatures: NpyArray | undefined = features && {
    dtype: "float32",
    shape: [count, key.extractor.dim],
    data: features,
  };
  await writeNpz(fileOf(folder, key), [
    ...ints("form", Int32Array.of(count, size.width, size.height), [3]),
    ...momentsArrays("", [set.moments], []),
    ...(set.spatialMoments ? momentsArrays("_s", [set.spatialMoments], []) : []),
    ...(ofFeatures ? [["features", ofFeatures] as const] : []),
    ...ints("given", given, [count]),
    ...rows("top", top?.classes),
    ...rows("top_groups", top?.groups),
    ...(details ? momentsArrays("_shallow", [details.shallow], []) : []),
    ...(details ? patchScales.flatMap((scale) => placed(scale, details)) : []),
  ]);
}

/** Kept features; undefined where there are none, they lack rows that are needed, or the file is damaged. */
export async function readFeatureCache(
  folder: string,
  key: CacheKey,
  needsRows: boolean,
): Promise<FeatureSet | undefined> {
  try {
    return await read(fileOf(folder, key), key.extractor.dim, needsRows);
  } catch {
    // Missing or damaged: both are computed again.
    return undefined;
  }
}

async function read(path: string, dim: number, needsRows: boolean): Promise<FeatureSet | undefined> {
  const file = await openNpz(path);
  try {
    if (needsRows && !file.arrays.has("features")) return undefined;
    const array = async <D extends NpyArray["dtype"]>(name: string, dtype: D) => {
      const found = await file.arrays.get(name)?.read();
      return found?.dtype === dtype ? (found as Extract<NpyArray, { dtype: D }>) : undefined;
    };
    const [count, width, height] = (await array("form", "int32"))!.data as unknown as [number, number, number];
    // One, or one for each place.
    const moments = async (tail: string): Promise<Moments[] | undefined> => {
      const [mean, covariance] = [await array(`mu${tail}`, "float64"), await array(`sigma${tail}`, "float64")];
      if (mean === undefined || covariance === undefined) return undefined;
      const own = mean.shape.at(-1)!;
      const part = (data: Float64Array, place: number, length: number) =>
        data.subarray(place * length, (place + 1) * length);
      return Array.from({ length: mean.data.length / own }, (_, place) => ({
        count,
        dim: own,
        mean: part(mean.data, place, own),
        covariance: part(covariance.data, place, own * own),
      }));
    };
    const [shallow, fine, coarse] = [await moments("_shallow"), await moments("_fine"), await moments("_coarse")];
    const classes = (await array("top", "int32"))?.data;
    const [own] = (await moments("")) ?? [];
    if (own?.dim !== dim) return undefined;
    return {
      count,
      size: { width, height },
      moments: own,
      spatialMoments: (await moments("_s"))?.[0],
      features: needsRows ? (await array("features", "float32"))?.data : undefined,
      given: (await array("given", "int32"))?.data,
      top: classes && { classes, groups: (await array("top_groups", "int32"))?.data },
      details: shallow &&
        fine &&
        coarse && { shallow: shallow[0]!, patches: { fine: { moments: fine }, coarse: { moments: coarse } } },
    };
  } finally {
    await file.close();
  }
}
