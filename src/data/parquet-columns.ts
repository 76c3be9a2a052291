/** Which columns of a Parquet file hold pictures and labels, and what its labels are called. */
import type { FileMetaData } from "hyparquet";
import { parseJson } from "../json/index.ts";
import { DatasetError } from "./dataset.ts";
import { shownName } from "./left-out.ts";

/** Columns by name; undefined by default. */
export interface ColumnOptions {
  /** Column of the pictures. Default: the file's `Image` feature, else `image`, `img` or `png`. */
  readonly imageColumn?: string;
  /** Column of the labels. Default: the file's `ClassLabel` feature, else `label`, `labels` or `fine_label`. */
  readonly labelColumn?: string;
}

export interface Columns {
  readonly image: string;
  readonly label: string | undefined;
  /** All other columns. */
  readonly others: readonly string[];
  /** Class names by number, where the file has them. */
  readonly names: readonly string[] | undefined;
}

/**
 * The hub writes its features as JSON under the metadata key "huggingface".
 * @throws DatasetError naming the file where a column is missing
 */
export function findColumns(metadata: FileMetaData, path: string, options: ColumnOptions): Columns {
  const there = topColumns(metadata);
  const features = featuresOf(metadata);
  const byType = (type: string) => [...features].find(([, feature]) => feature?._type === type)?.[0];
  const pick = (given: string | undefined, type: string, usual: readonly string[]) =>
    [given ?? byType(type), ...(given ? [] : usual)].find((name) => name !== undefined && there.includes(name));
  const image = pick(options.imageColumn, "Image", ["image", "img", "png"]);
  const label = pick(options.labelColumn, "ClassLabel", ["label", "labels", "fine_label"]);
  const asked = options.imageColumn ?? "image";
  const got = there.map(shownName).join(", ");
  if (!image) throw new DatasetError(`${path}: expected a column ${asked}, got ${got}`);
  if (options.labelColumn && !label) {
    throw new DatasetError(`${path}: expected a column ${options.labelColumn}, got ${got}`);
  }
  const names = label === undefined ? undefined : namesOf(features.get(label));
  const usable = Array.isArray(names) && names.every((name) => typeof name === "string");
  const others = there.filter((name) => name !== image && name !== label);
  return { image, label, others, names: usable ? names : undefined };
}

/** Names of the root's children, in the order of the flattened schema. */
function topColumns({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  const skip = (at: number): number => {
    let next = at + 1;
    for (let child = 0; child < (schema[at]?.num_children ?? 0); child++) next = skip(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = skip(at)) names.push(schema[at]!.name);
  return names;
}

interface Feature {
  readonly _type?: unknown;
  readonly names?: unknown;
  /** Of a list: what its items are. */
  readonly feature?: unknown;
}

/** Class names of a feature, or of the items of a list of them: written as `[feature]` or `{feature}`. */
function namesOf(feature: unknown): unknown {
  if (typeof feature !== "object" || feature === null) return undefined;
  if (Array.isArray(feature)) return namesOf(feature[0]);
  const { names, feature: item } = feature as Feature;
  return names ?? namesOf(item);
}

/** @throws JsonError that does not name the file: whoever opens it does */
function featuresOf(metadata: FileMetaData): ReadonlyMap<string, Feature | undefined> {
  const text = metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined) return new Map();
  const value = parseJson(text, 'metadata "huggingface"') as {
    info?: { features?: object | null } | null;
  } | null;
  return new Map(Object.entries(value?.info?.features ?? {}) as [string, Feature | undefined][]);
}
