import { basename } from "node:path";
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from "hyparquet";
import { parseJson } from "../json/index.ts";
import { type Chunk, checkIndex, type Dataset, DatasetError } from "./dataset.ts";
import { type DecodeOptions, decodePicture } from "./decode.ts";
import { chunksKept } from "./order.ts";

/** How a Parquet data set is read. */
export interface ParquetOptions extends DecodeOptions {
  /** Column of the pictures. Default: the file's `Image` feature, else `image`, `img` or `png`. */
  readonly imageColumn?: string;
  /** Column of the class numbers. Default: the file's `ClassLabel` feature, else `label`, `labels` or `fine_label`. */
  readonly labelColumn?: string;
  /** Class names by label; default: those of the `ClassLabel` feature, else the labels' numbers. */
  readonly classes?: readonly string[];
}

/** One row group of one file: what is read at a time. */
interface Group extends Chunk {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly path: string;
  /** The group's first row in its file. */
  readonly rowStart: number;
}

type Row = Record<string, unknown>;

/**
 * Parquet files as the Hugging Face hub has them: a column of `{bytes, path}` (or plain bytes) and one of class
 * numbers. Row groups are read on demand and the last few kept, which is why `chunks` is set. Uncompressed and Snappy
 * columns are read.
 * @throws DatasetError when the columns are missing or a label is out of range
 */
export async function openParquet(paths: readonly string[], options: ParquetOptions = {}): Promise<Dataset> {
  const groups: Group[] = [];
  for (const path of paths) {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      const begin = groups.at(-1)?.end ?? 0;
      groups.push({ file, metadata, path, rowStart, begin, end: begin + rows });
      rowStart += rows;
    }
  }
  const first = groups[0];
  if (!first) throw new DatasetError(`${paths.join(", ") || "parquet"}: expected rows, got none`);
  const columns = findColumns(first, options);
  const labels = await readLabels(groups, columns.label);
  const classes = options.classes ?? columns.names ?? numbered(labels);
  const bad = labels.findIndex((label) => label < 0 || label >= classes.length);
  if (bad >= 0) {
    throw new DatasetError(`${nameOf(groups, bad)}: expected a label below ${classes.length}, got ${labels[bad]}`);
  }
  const read = groupReader(groups, columns.image);
  return {
    length: labels.length,
    classes,
    chunks: groups.map(({ begin, end }) => ({ begin, end })),
    labelOf(index) {
      checkIndex(labels, index);
      return labels[index]!;
    },
    nameOf(index) {
      checkIndex(labels, index);
      return nameOf(groups, index);
    },
    async get(index) {
      checkIndex(labels, index);
      const name = nameOf(groups, index);
      const bytes = pictureBytes(await read(index));
      return { image: await decodePicture(bytes, name, options), label: labels[index]!, name };
    },
    close: async () => {},
  };
}

function numbered(labels: Int32Array): string[] {
  const most = labels.reduce((high, label) => Math.max(high, label), 0);
  return Array.from({ length: most + 1 }, (_, i) => String(i));
}

function groupOf(groups: readonly Group[], index: number): number {
  let [low, high] = [0, groups.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (index < groups[middle]!.end) high = middle;
    else low = middle + 1;
  }
  return low;
}

function nameOf(groups: readonly Group[], index: number): string {
  const { path, rowStart, begin } = groups[groupOf(groups, index)]!;
  return `${basename(path)}[${rowStart + index - begin}]`;
}

interface Columns {
  readonly image: string;
  readonly label: string | undefined;
  readonly names: readonly string[] | undefined;
}

/** The hub writes its features as JSON under the metadata key "huggingface". */
function findColumns({ metadata, path }: Group, options: ParquetOptions): Columns {
  const there = topColumns(metadata);
  const features = featuresOf(metadata);
  const byType = (type: string) => [...features].find(([, feature]) => feature._type === type)?.[0];
  const pick = (given: string | undefined, type: string, usual: readonly string[]) =>
    [given ?? byType(type), ...(given ? [] : usual)].find((name) => name !== undefined && there.includes(name));
  const image = pick(options.imageColumn, "Image", ["image", "img", "png"]);
  const label = pick(options.labelColumn, "ClassLabel", ["label", "labels", "fine_label"]);
  const asked = options.imageColumn ?? "image";
  if (!image) throw new DatasetError(`${path}: expected a column ${asked}, got ${there.join(", ")}`);
  if (options.labelColumn && !label) {
    throw new DatasetError(`${path}: expected a column ${options.labelColumn}, got ${there.join(", ")}`);
  }
  const names = label === undefined ? undefined : features.get(label)?.names;
  const usable = Array.isArray(names) && names.every((name) => typeof name === "string");
  return { image, label, names: usable ? names : undefined };
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
}

function featuresOf(metadata: FileMetaData): ReadonlyMap<string, Feature> {
  const text = metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined) return new Map();
  const value = parseJson(text, "huggingface") as { info?: { features?: Record<string, Feature> } };
  return new Map(Object.entries(value.info?.features ?? {}));
}

async function readLabels(groups: readonly Group[], column: string | undefined): Promise<Int32Array> {
  const labels = new Int32Array(groups.at(-1)!.end);
  if (column === undefined) return labels;
  for (const group of groups) {
    const rows = await readRows(group, column);
    for (const [i, row] of rows.entries()) {
      const value = row[column];
      const label = typeof value === "bigint" || typeof value === "number" ? Number(value) : -1;
      labels[group.begin + i] = Number.isInteger(label) ? label : -1;
    }
  }
  return labels;
}

function readRows({ file, metadata, rowStart, begin, end }: Group, column: string): Promise<Row[]> {
  const range = { rowStart, rowEnd: rowStart + end - begin };
  return parquetReadObjects({ file, metadata, columns: [column], ...range, utf8: false });
}

/** Reads single rows through whole row groups, of which the last few used stay in memory. */
function groupReader(groups: readonly Group[], column: string): (index: number) => Promise<unknown> {
  const kept = new Map<number, Promise<Row[]>>();
  return async (index) => {
    const number = groupOf(groups, index);
    const rows = kept.get(number) ?? readRows(groups[number]!, column);
    kept.delete(number);
    kept.set(number, rows);
    if (kept.size > chunksKept) kept.delete(kept.keys().next().value!);
    return (await rows)[index - groups[number]!.begin]?.[column];
  };
}

/** The hub's `{bytes, path}` or plain bytes; anything else decodes to nothing and counts as corrupt. */
function pictureBytes(value: unknown): Uint8Array {
  const bytes = typeof value === "object" && value !== null && "bytes" in value ? value.bytes : value;
  return bytes instanceof Uint8Array ? bytes : new Uint8Array();
}
