/** Parquet files as row groups: what is read at a time. */
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
import { type Chunk, DatasetError } from "./dataset.ts";
import { chunksKept } from "./order.ts";
import { type ColumnOptions, type Columns, findColumns } from "./parquet-columns.ts";

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
export async function openFile(path: string, options: ColumnOptions): Promise<ParquetFile> {
  try {
    const buffer = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(buffer);
    return { path, buffer, metadata, columns: findColumns(metadata, path, options) };
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw new DatasetError(`${path}: expected a Parquet file, got: ${fileProblem(error) ?? String(error)}`, {
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
    throw new DatasetError(`${path}: row group ${number}: expected a readable column "${column}", got: ${problem}`, {
      cause: error,
    });
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
