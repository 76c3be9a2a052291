/** Features of references kept between runs, one file each. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { npyArray, openNpz, writeNpz } from "../checkpoint/index.ts";
import { makeFolders } from "../files/index.ts";
import { type DetailSet, type PatchScale, type PatchSet, patchScales } from "./detail-set.ts";
import type { FeatureSet, Sides } from "./feature-set.ts";
import type { FeatureExtractor } from "./features.ts";
import type { Moments } from "./moments.ts";

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
  const bytes = (data: Float64Array | Float32Array | Int32Array): Uint8Array =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const moments = (tail: string, { dim, mean, covariance }: Moments) => [
    [`mu${tail}`, npyArray("float64", [dim], bytes(mean))] as const,
    [`sigma${tail}`, npyArray("float64", [dim, dim], bytes(covariance))] as const,
  ];
  const { count, size, features, given, top, details } = set;
  const placed = (scale: PatchScale, { patches }: DetailSet) => {
    const { moments: each } = patches[scale];
    const [places, dim] = [each.length, each[0]!.dim];
    const all = (of: (one: Moments) => Float64Array) => bytes(Float64Array.from(each.flatMap((one) => [...of(one)])));
    return [
      [
        `mu_${scale}`,
        npyArray(
          "float64",
          [places, dim],
          all((one) => one.mean),
        ),
      ] as const,
      [
        `sigma_${scale}`,
        npyArray(
          "float64",
          [places, dim, dim],
          all((one) => one.covariance),
        ),
      ] as const,
    ];
  };
  const ints = (name: string, data: Int32Array) =>
    [name, npyArray("int32", [count, data.length / count], bytes(data))] as const;
  await writeNpz(fileOf(folder, key), [
    ["form", npyArray("int32", [3], bytes(Int32Array.of(count, size.width, size.height)))],
    ...moments("", set.moments),
    ...(set.spatialMoments ? moments("_s", set.spatialMoments) : []),
    ...(features ? [["features", npyArray("float32", [count, key.extractor.dim], bytes(features))] as const] : []),
    ...(given ? [["given", npyArray("int32", [count], bytes(given))] as const] : []),
    ...(top ? [ints("top", top.classes)] : []),
    ...(top?.groups ? [ints("top_groups", top.groups)] : []),
    ...(details
      ? [...moments("_shallow", details.shallow), ...patchScales.flatMap((scale) => placed(scale, details))]
      : []),
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
    const form = (await file.arrays.get("form")!.read()).data as Int32Array;
    const [count, width, height] = form as unknown as [number, number, number];
    const moments = async (tail: string): Promise<Moments | undefined> => {
      const [mean, covariance] = [
        await file.arrays.get(`mu${tail}`)?.read(),
        await file.arrays.get(`sigma${tail}`)?.read(),
      ];
      if (mean?.dtype !== "float64" || covariance?.dtype !== "float64") return undefined;
      return { count, dim: mean.data.length, mean: mean.data, covariance: covariance.data };
    };
    const ints = async (name: string): Promise<Int32Array | undefined> => {
      const array = await file.arrays.get(name)?.read();
      return array?.dtype === "int32" ? array.data : undefined;
    };
    const patches = async (scale: PatchScale): Promise<PatchSet | undefined> => {
      const [mean, covariance] = [
        await file.arrays.get(`mu_${scale}`)?.read(),
        await file.arrays.get(`sigma_${scale}`)?.read(),
      ];
      if (mean?.dtype !== "float64" || covariance?.dtype !== "float64") return undefined;
      const [places, width] = mean.shape as [number, number];
      const part = (data: Float64Array, place: number, length: number) =>
        data.slice(place * length, (place + 1) * length);
      const each = Array.from({ length: places }, (_, place): Moments => {
        const own = { mean: part(mean.data, place, width), covariance: part(covariance.data, place, width * width) };
        return { count, dim: width, ...own };
      });
      return { moments: each, rows: undefined };
    };
    const [shallow, fine, coarse] = [await moments("_shallow"), await patches("fine"), await patches("coarse")];
    const classes = await ints("top");
    const features = needsRows ? await file.arrays.get("features")!.read() : undefined;
    const own = await moments("");
    if (own?.dim !== dim) return undefined;
    return {
      count,
      size: { width, height },
      moments: own,
      spatialMoments: await moments("_s"),
      features: features?.dtype === "float32" ? features.data : undefined,
      given: await ints("given"),
      top: classes && { classes, groups: await ints("top_groups") },
      details: shallow && fine && coarse && { shallow, shallowRows: undefined, patches: { fine, coarse } },
      spatial: undefined,
      logits: undefined,
    };
  } finally {
    await file.close();
  }
}
