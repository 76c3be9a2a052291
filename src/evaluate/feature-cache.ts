/** Features of references kept between runs, one file each. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type NpyArray, withNpz, writeNpz } from "../checkpoint/index.ts";
import { makeFolders } from "../files/index.ts";
import { givenClasses } from "./class-scores.ts";
import { type FeaturePart, type FeatureSet, featureParts, isPlaced, type PartSet, type Sides } from "./feature-set.ts";
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

/** What the names of a part's moments end in. */
const tails: Readonly<Record<FeaturePart, string>> = {
  features: "",
  spatial: "_s",
  shallow: "_shallow",
  fine: "_fine",
  coarse: "_coarse",
};

/** Keeps features; the file appears whole or not at all. */
export async function writeFeatureCache(folder: string, key: CacheKey, set: FeatureSet): Promise<void> {
  await makeFolders(folder);
  const { count, size, parts, top } = set;
  const entries: Record<string, NpyArray> = {};
  const put = (name: string, data: Int32Array | undefined, shape: number[]): void => {
    if (data !== undefined) entries[name] = { dtype: "int32", shape, data };
  };
  put("form", Int32Array.of(count, size.width, size.height), [3]);
  for (const part of featureParts)
    if (parts[part] !== undefined)
      Object.assign(entries, momentsArrays(tails[part], parts[part].moments, isPlaced(part)));
  const { rows } = parts.features;
  if (rows !== undefined) entries.features = { dtype: "float32", shape: [count, key.extractor.dim], data: rows };
  put("given", top && givenClasses(top), [count]);
  for (const [name, data] of [
    ["top", top?.classes],
    ["top_groups", top?.groups],
  ] as const)
    put(name, data, [count, (data?.length ?? 0) / count]);
  await writeNpz(fileOf(folder, key), entries);
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

function read(path: string, dim: number, needsRows: boolean): Promise<FeatureSet | undefined> {
  return withNpz(path, async (file) => {
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
    const parts: { [K in FeaturePart]?: PartSet } = {};
    for (const part of featureParts) {
      const found = await moments(tails[part]);
      if (found !== undefined) parts[part] = { moments: found };
    }
    const { features } = parts;
    if (features?.moments[0]?.dim !== dim) return undefined;
    const rows = needsRows ? (await array("features", "float32"))?.data : undefined;
    const classes = (await array("top", "int32"))?.data;
    return {
      count,
      size: { width, height },
      parts: { ...parts, features: { ...features, rows } },
      top: classes && { count, classes, groups: (await array("top_groups", "int32"))?.data },
    };
  });
}
