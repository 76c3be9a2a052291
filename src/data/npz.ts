import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type NpyArray, type NpzEntry, type NpzFile, withNpz } from "../checkpoint/index.ts";
import { parseJson, readAs } from "../json/index.ts";
import { checkIndex, type Dataset, DatasetError } from "./dataset.ts";
import { toRgb } from "./decode.ts";
import { type Label, numberLabels, readLabel } from "./labels.ts";

/** Which side of the split is opened. */
export type NpzSplit = "train" | "held-out" | "all";

export interface NpzOptions {
  /** Default "train". A file without `split` has only training pictures. */
  readonly split?: NpzSplit;
  /** Class names by label; default: `id2label` of `classes.json` beside the file, or else the labels' numbers. */
  readonly classes?: readonly string[];
}

/** A data set in memory, with what the file says besides pictures and labels. */
export interface NpzDataset extends Dataset {
  /** Row of the file that picture `index` is. */
  rowOf(index: number): number;
  /** The drawing's own opacity, one byte a pixel, where the file has it. */
  alphaOf(index: number): Uint8Array | undefined;
}

/**
 * Pictures of one size in a NumPy archive: `images` (or `arr_0`) uint8 [N, H, W, 3 or 1], `labels` (or `arr_1`; whole
 * numbers, [N]; absent: one class), `split` uint8 [N] (0 training, 1 held out; optional), `alpha` uint8 [N, H, W] (optional), `styles`
 * (whole numbers, [N]; optional, with names in `classes.json`). Held in memory.
 * @throws DatasetError naming the array that does not fit
 */
export async function openNpzDataset(path: string, options: NpzOptions = {}): Promise<NpzDataset> {
  const arrays = await withNpz(path, (file) => arraysOf(file, ["images", "labels", "split", "alpha", "styles"]));
  const images = arrays.get("images");
  const { count, height, width, channels } = pictureShape(images, path);
  const alpha = bytesOf(arrays, "alpha", [count, height, width], path);
  const { labels, classes, rows } = await labelledRows(arrays, count, path, options);
  const { styles, groups } = await readNames(path);
  const styleIds =
    arrays.has("styles") && styles
      ? indices(labelsOf(arrays.get("styles"), count, path), styles, path, "styles")
      : undefined;
  const pixels = images!.data as Uint8Array;
  const size = height * width;
  const rowOf = (index: number) => {
    checkIndex(rows, index);
    return rows[index]!;
  };
  const nameOf = (index: number) => `${path}[${rowOf(index)}]`;
  return {
    length: rows.length,
    classes,
    ...(styleIds && { styles: styles!, styleOf: (index) => styleIds[rowOf(index)]! }),
    ...(groups && { groups }),
    rowOf,
    nameOf,
    labelOf: (index) => labels[rowOf(index)]!,
    alphaOf: (index) => alpha?.subarray(rowOf(index) * size, (rowOf(index) + 1) * size),
    async get(index) {
      const row = rowOf(index);
      const bytes = pixels.subarray(row * size * channels, (row + 1) * size * channels);
      return { image: { width, height, data: toRgb(bytes, channels) }, label: labels[row]!, name: nameOf(index) };
    },
    close: async () => {},
  };
}

/** What `np.savez` calls arrays given without names: sample sets are often written so, pictures first, then labels. */
const UNNAMED: Readonly<Record<string, string>> = { images: "arr_0", labels: "arr_1" };

/** An array by its name, or by its place where names were not given. */
export const arrayOf = (file: NpzFile, name: string): NpzEntry | undefined =>
  file.arrays.get(name) ?? file.arrays.get(UNNAMED[name] ?? name);

/** Those of the arrays that a file has, whole. */
export async function arraysOf(file: NpzFile, names: readonly string[]): Promise<Map<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  for (const name of names) {
    const array = await arrayOf(file, name)?.read();
    if (array) arrays.set(name, array);
  }
  return arrays;
}

/** The extents of pictures. @throws DatasetError for arrays that are none */
export function pictureShape(
  array: ArrayForm | undefined,
  path: string,
): { readonly count: number; readonly height: number; readonly width: number; readonly channels: 1 | 3 } {
  const [count, height, width, channels] = array?.shape ?? [];
  if (array?.dtype !== "uint8" || array.shape.length !== 4 || (channels !== 1 && channels !== 3))
    throw new DatasetError(path, "images uint8 [N, H, W, 3 or 1]", describe(array));
  return { count: count!, height: height!, width: width!, channels };
}

/** Labels of all rows, class names, and the rows of the wanted side. */
export async function labelledRows(
  arrays: ReadonlyMap<string, NpyArray>,
  count: number,
  path: string,
  options: NpzOptions,
): Promise<{ readonly labels: Int32Array; readonly classes: readonly string[]; readonly rows: Uint32Array }> {
  const sides = bytesOf(arrays, "split", [count], path);
  const values = labelsOf(arrays.get("labels"), count, path);
  const names = options.classes ?? (await readNames(path)).classes;
  const { numbers: labels, classes } =
    names === undefined ? numberLabels(values) : { numbers: indices(values, names, path), classes: names };
  const wanted = options.split ?? "train";
  const rows = Uint32Array.from(labels.keys()).filter(
    (row) => wanted === "all" || (sides?.[row] ?? 0) === (wanted === "train" ? 0 : 1),
  );
  return { labels, classes, rows };
}

/** Type and shape of an array. */
type ArrayForm = Pick<NpyArray, "dtype" | "shape">;

function describe(array: ArrayForm | undefined): string {
  return array ? `${array.dtype} [${array.shape.join(", ")}]` : "no such array";
}

function bytesOf(
  arrays: ReadonlyMap<string, NpyArray>,
  name: string,
  shape: readonly number[],
  path: string,
): Uint8Array | undefined {
  const array = arrays.get(name);
  if (!array) return undefined;
  if (array.dtype !== "uint8" || array.shape.join() !== shape.join()) {
    throw new DatasetError(path, `${name} uint8 [${shape.join(", ")}]`, describe(array));
  }
  return array.data;
}

function labelsOf(array: NpyArray | undefined, count: number, path: string): Label[] {
  if (!array) return new Array<Label>(count).fill(0);
  // Some programs write labels as one column.
  const isColumn = array.shape.length === 1 || (array.shape.length === 2 && array.shape[1] === 1);
  if (!isColumn || array.shape[0] !== count || !/^(u?int|bool)/.test(array.dtype)) {
    throw new DatasetError(path, `labels of whole numbers [${count}]`, describe(array));
  }
  return Array.from(array.data as ArrayLike<number | bigint>, (value) => readLabel(value) as Label);
}

/** Labels that are indices into names. */
function indices(values: readonly Label[], names: readonly string[], path: string, what = "labels"): Int32Array {
  const bad = values.findIndex((label) => !(Number(label) >= 0 && Number(label) < names.length));
  if (bad >= 0) throw new DatasetError(path, `${what} below ${names.length}`, `${values[bad]} in row ${bad}`);
  return Int32Array.from(values, Number);
}

/** What `classes.json` in a file's folder says: each name by its number, styles and groups where it has them. */
interface Names {
  readonly classes?: readonly string[];
  readonly styles?: readonly string[];
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

const namesSchema = z.object({
  id2label: z.record(z.string(), z.unknown()).optional(),
  styles: z.array(z.string().min(1)).min(1).optional(),
  groups: z.record(z.string().min(1), z.array(z.string().min(1)).min(1)).optional(),
});

async function readNames(path: string): Promise<Names> {
  const place = join(dirname(path), "classes.json");
  const text = await readFile(place).catch(() => undefined);
  if (text === undefined) return {};
  const { id2label, styles, groups } = readAs(namesSchema, parseJson(text, place), place);
  const classes = id2label && namesById(id2label, place);
  for (const [group, members] of Object.entries(groups ?? {}))
    for (const member of members)
      if (!classes?.includes(member))
        throw new DatasetError(place, `names of classes in group "${group}"`, `"${member}"`);
  return { ...(classes && { classes }), ...(styles && { styles }), ...(groups && { groups }) };
}

function namesById(id2label: Readonly<Record<string, unknown>>, place: string): string[] {
  return Object.keys(id2label).map((_, id) => {
    const name = id2label[String(id)];
    if (typeof name !== "string") throw new DatasetError(place, `a name for class ${id}`, String(name));
    return name;
  });
}
