/** Parquet files: which of their columns hold pictures and labels, and row groups, which are read at a time. */
import { basename } from "node:path";
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { fileProblem } from "../files/index.ts";
import { parseJson } from "../json/index.ts";
import { type Chunk, DatasetError } from "./dataset.ts";
import { shownName } from "./left-out.ts";
import { chunksKept } from "./order.ts";

/** An open file. */
export interface ParquetFile {
  readonly path: string;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: Columns;
}

/** One row group of one file. */
export interface Group extends Chunk {
  readonly file: ParquetFile;
  /** Its number in the file. */
  readonly number: number;
  /** The group's first row in its file. */
  readonly rowStart: number;
}

export type Row = Record<string, unknown>;

/** @throws DatasetError naming the file that is none, or lacks a column */
export async function openFile(path: string): Promise<ParquetFile> {
  try {
    const buffer = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(buffer);
    return { path, buffer, metadata, columns: findColumns(metadata, path) };
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw new DatasetError(path, "a Parquet file", fileProblem(error) ?? String(error), {
      isQuoted: true,
      cause: error,
    });
  }
}

/** All files' row groups, rows numbered on. */
export function groupsOf(files: readonly ParquetFile[]): Group[] {
  const groups: Group[] = [];
  for (const file of files) {
    let rowStart = 0;
    for (const [number, { num_rows }] of file.metadata.row_groups.entries()) {
      const rows = Number(num_rows);
      const begin = groups.at(-1)?.end ?? 0;
      groups.push({ file, number, rowStart, begin, end: begin + rows });
      rowStart += rows;
    }
  }
  return groups;
}

/** The number of the group that a row is in. */
export function groupOf(groups: readonly Group[], row: number): number {
  let [low, high] = [0, groups.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row < groups[middle]!.end) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A row's name: its file and its number in it. */
export function nameOf(groups: readonly Group[], row: number): string {
  const { file, rowStart, begin } = groups[groupOf(groups, row)]!;
  return `${basename(file.path)}[${rowStart + row - begin}]`;
}

/** Runs of kept rows that lie in one group. */
export function chunksOf(groups: readonly Group[], rows: Uint32Array): Chunk[] {
  const chunks: Chunk[] = [];
  let begin = 0;
  for (const { end: last } of groups) {
    let end = begin;
    while (end < rows.length && rows[end]! < last) end++;
    if (end > begin) chunks.push({ begin, end });
    begin = end;
  }
  return chunks;
}

/** @throws DatasetError naming file, row group and column */
export async function readRows({ file, number, rowStart, begin, end }: Group, column: string): Promise<Row[]> {
  const { buffer, metadata, path } = file;
  const count = end - begin;
  try {
    const range = { rowStart, rowEnd: rowStart + count };
    const rows = await parquetReadObjects({
      file: buffer,
      metadata,
      compressors,
      columns: [column],
      ...range,
      utf8: false,
    });
    if (rows.length !== count) throw new Error(`${rows.length} rows of ${count}`);
    return rows;
  } catch (error) {
    const problem = fileProblem(error);
    if (problem === undefined) throw error;
    const where = `row group ${number}`;
    throw new DatasetError(path, `a readable column "${column}"`, problem, { where, isQuoted: true, cause: error });
  }
}

/** Reads single rows through whole row groups, of which the last few used stay in memory. */
export function groupReader(groups: readonly Group[]): (row: number) => Promise<unknown> {
  const kept = new Map<number, Promise<Row[]>>();
  return async (row) => {
    const number = groupOf(groups, row);
    const group = groups[number]!;
    const { image } = group.file.columns;
    const rows = kept.get(number) ?? readRows(group, image);
    kept.delete(number);
    kept.set(number, rows);
    if (kept.size > chunksKept) kept.delete(kept.keys().next().value!);
    return (await rows)[row - group.begin]?.[image];
  };
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
 * The pictures' column is the file's `Image` feature, else `image`, `img` or `png`; the labels' its `ClassLabel` feature, else `label`,
 * `labels` or `fine_label`. The hub writes its features as JSON under the metadata key "huggingface".
 * @throws DatasetError naming the file where there is no column of pictures
 */
function findColumns(metadata: FileMetaData, path: string): Columns {
  const there = topColumns(metadata);
  const features = featuresOf(metadata);
  const pick = (type: string, usual: readonly string[]) =>
    [[...features].find(([, feature]) => feature?._type === type)?.[0], ...usual].find(
      (name) => name !== undefined && there.includes(name),
    );
  const image = pick("Image", ["image", "img", "png"]);
  const label = pick("ClassLabel", ["label", "labels", "fine_label"]);
  if (!image) throw new DatasetError(path, "a column image", there.map(shownName).join(", "));
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
