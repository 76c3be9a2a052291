import { basename } from "node:path";
import { type ClassOrder, numbersOf } from "./classes.ts";
import { type Dataset, DatasetError, UnlabelledError } from "./dataset.ts";
import { type DecodeOptions, encodedDataset } from "./decode.ts";
import { type Label, numberLabels, readLabel } from "./labels.ts";
import { countLeftOut, type LeftOutCount, someNames } from "./left-out.ts";
import {
  type Columns,
  chunksOf,
  type Group,
  groupOf,
  groupReader,
  groupsOf,
  nameOf,
  openFile,
  type ParquetFile,
  readRows,
} from "./parquet-file.ts";

/** How a Parquet data set is read. */
export interface ParquetOptions extends DecodeOptions {
  /** How class names are sorted where the files do not say. Default: naturally. */
  readonly order?: ClassOrder;
}

/**
 * Parquet files as the Hugging Face hub has them: a column of `{bytes, path}` (or plain bytes) and one of labels, which are
 * numbers of any type, texts, booleans or lists of one; columns of any compression that the format has but LZO. Files are
 * matched by the names of their classes, whose order may differ. Rows without a usable label are left out and counted. Row
 * groups are read on demand and the last few kept, which is why `chunks` is set.
 * @throws DatasetError naming the file, and the row group or row, that cannot be read or does not fit the others
 */
export async function openParquet(paths: readonly string[], options: ParquetOptions = {}): Promise<Dataset> {
  const files: ParquetFile[] = [];
  for (const path of paths) files.push(await openFile(path));
  const groups = groupsOf(files);
  if (groups.length === 0) throw new DatasetError(paths.join(", ") || "parquet", "rows", "none");
  expectAlike(files);
  const leftOut = countLeftOut();
  const { rows, labels, classes } = await readLabels(files, groups, leftOut, options.order);
  if (rows.length === 0) throw withoutRows(paths[0]!, leftOut);
  const read = groupReader(groups);
  const pictures = {
    ...{ labels, classes },
    nameOf: (index: number) => nameOf(groups, rows[index]!),
    read: (index: number) => read(rows[index]!).then(pictureBytes),
  };
  return {
    ...encodedDataset(pictures, options),
    chunks: chunksOf(groups, rows),
    isUnlabelled: files[0]!.columns.label === undefined,
    reading: { layout: columnWords(files[0]!), leftOut: leftOut.list() },
  };
}

/** What to say where no row has a usable label. */
function withoutRows(path: string, leftOut: LeftOutCount): DatasetError {
  const reasons = leftOut.list();
  const got = reasons.map(({ count, reason }) => `${count} ${reason}`).join(", ") || "no rows";
  const isUnlabelled = reasons.every(({ reason }) => UNLABELLED.has(reason));
  const parts = [path, "rows with labels", got] as const;
  return isUnlabelled ? new UnlabelledError(...parts, reasons) : new DatasetError(...parts);
}

/** @throws DatasetError where some files have labels, or names of labels, and others have none */
function expectAlike(files: readonly ParquetFile[]): void {
  const [first, ...others] = files;
  for (const { path, columns } of others) {
    const kind = ({ label, names }: Columns): string =>
      label === undefined ? "no label" : names === undefined ? "labels without names" : "named labels";
    if ((columns.label === undefined) !== (first!.columns.label === undefined))
      throw new DatasetError(path, `${kind(first!.columns)} as in ${first!.path}`, kind(columns));
  }
}

/** Columns read; where none has labels, those that are there besides too: labels may be in one of them. */
function columnWords({ columns: { image, label, others } }: ParquetFile): string {
  if (label !== undefined) return `columns "${image}" and "${label}"`;
  return `column "${image}", no labels${others.length > 0 ? `; columns not read: ${someNames(others, 12)}` : ""}`;
}

interface ReadLabels {
  /** Rows with a label, by number over all files. */
  readonly rows: Uint32Array;
  /** The class of each of them. */
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

async function readLabels(
  files: readonly ParquetFile[],
  groups: readonly Group[],
  leftOut: LeftOutCount,
  order: ClassOrder | undefined,
): Promise<ReadLabels> {
  const total = groups.at(-1)!.end;
  const all = Uint32Array.from({ length: total }, (_, i) => i);
  if (files[0]!.columns.label === undefined) return { rows: all, labels: new Int32Array(total), classes: ["0"] };
  const rows: number[] = [];
  const found: Label[] = [];
  for (const group of groups) {
    const { columns, path } = group.file;
    for (const [i, row] of (await readRows(group, columns.label!)).entries()) {
      const label = namedLabel(readLabel(row[columns.label!]), columns.names, `${path}[${group.rowStart + i}]`);
      if (typeof label === "object")
        leftOut.add(`rows with ${label.reason}`, `${basename(path)}[${group.rowStart + i}]`);
      else {
        rows.push(group.begin + i);
        found.push(label);
      }
    }
  }
  return { rows: Uint32Array.from(rows), ...classesOf(files, groups, rows, found, order) };
}

/** The hub's "no label", with class names and without. */
const NO_LABEL = { reason: "no label (-1)" };
/** Reasons of rows that have no label at all. */
const UNLABELLED = new Set(["rows with no label", `rows with ${NO_LABEL.reason}`]);

/** A number under a file's own class names, where it has them. @throws DatasetError for numbers past the names */
function namedLabel(label: ReturnType<typeof readLabel>, names: readonly string[] | undefined, where: string) {
  if (label === -1) return NO_LABEL;
  if (names === undefined || typeof label === "object" || typeof label === "string") return label;
  if (label >= 0 && label < names.length) return label;
  throw new DatasetError(where, `a label below ${names.length}`, label);
}

/** One numbering for all files. */
function classesOf(
  files: readonly ParquetFile[],
  groups: readonly Group[],
  rows: readonly number[],
  found: readonly Label[],
  order: ClassOrder | undefined,
): { readonly labels: Int32Array; readonly classes: readonly string[] } {
  const lists = files.map(({ columns }) => columns.names);
  const [first] = lists;
  if (first !== undefined && lists.every((names) => names?.join("\0") === first.join("\0")) && found.every(isNumber))
    return { labels: Int32Array.from(found, Number), classes: first };
  if (lists.every((names) => names === undefined)) {
    expectOneKind(groups, rows, found);
    const { numbers, classes } = numberLabels(found, order);
    return { labels: numbers, classes };
  }
  const classes = unitedNames(files);
  const numberOf = numbersOf(classes);
  const labels = found.map((label, i) => {
    const { columns, path } = groups[groupOf(groups, rows[i]!)]!.file;
    const name = typeof label === "string" ? label : columns.names?.[Number(label)];
    const number = name === undefined ? undefined : numberOf(name);
    if (number !== undefined) return number;
    const got = name === undefined ? `the number ${label} without names` : `"${name}"`;
    throw new DatasetError(path, `labels named as in the other files (${someNames(classes, 6)})`, got);
  });
  return { labels: Int32Array.from(labels), classes };
}

const isNumber = (label: Label): boolean => typeof label !== "string";

/** The first file's class names, then those that only later files have. @throws DatasetError for a name that a file has twice */
function unitedNames(files: readonly ParquetFile[]): string[] {
  const united: string[] = [];
  for (const { path, columns } of files) {
    const names = columns.names ?? [];
    const repeated = names.find((name, i) => names.indexOf(name) !== i);
    if (repeated !== undefined)
      throw new DatasetError(path, "each class name once where files differ in them", `"${repeated}" twice`);
    const known = numbersOf(united);
    united.push(...names.filter((name) => known(name) === undefined));
  }
  return united;
}

/** @throws DatasetError where some labels are numbers and others texts */
function expectOneKind(groups: readonly Group[], rows: readonly number[], found: readonly Label[]): void {
  const other = found.findIndex((label) => isNumber(label) !== isNumber(found[0]!));
  if (other < 0) return;
  const [before, after] = [found[0]!, found[other]!].map((label) => (isNumber(label) ? "a number" : "text"));
  throw new DatasetError(nameOf(groups, rows[other]!), `${before} as label as in other rows`, after);
}

/** The hub's `{bytes, path}` or plain bytes; anything else decodes to nothing and counts as corrupt. */
function pictureBytes(value: unknown): Uint8Array {
  const bytes = typeof value === "object" && value !== null && "bytes" in value ? value.bytes : value;
  return bytes instanceof Uint8Array ? bytes : new Uint8Array();
}
