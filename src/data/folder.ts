import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { checkIndex, type Dataset, DatasetError } from "./dataset.ts";
import { type DecodeOptions, decodePicture } from "./decode.ts";

const EXTENSIONS = new Set([".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif", ".bmp"]);
/** ImageNet's class names: WordNet numbers. */
const WNID = /^n\d{8}$/;

/** Whether a file name looks like a picture. */
export function isPictureName(name: string): boolean {
  return EXTENSIONS.has(extname(name).toLowerCase()) && !basename(name).startsWith(".");
}

interface Entry {
  readonly path: string;
  readonly name: string;
  readonly label: number;
}

/** A data set of picture files. */
function fileDataset(entries: readonly Entry[], classes: readonly string[], options: DecodeOptions): Dataset {
  const at = (index: number) => {
    checkIndex(entries, index);
    return entries[index]!;
  };
  return {
    length: entries.length,
    classes,
    labelOf: (index) => at(index).label,
    nameOf: (index) => at(index).name,
    async get(index) {
      const { path, name, label } = at(index);
      return { image: await decodePicture(await readFile(path), name, options), label, name };
    },
    close: async () => {},
  };
}

/** Picture files below a folder, sorted by path, so that the same files always get the same numbers. */
async function picturesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && isPictureName(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const linked = entry.isSymbolicLink() && (await stat(join(folder, entry.name))).isDirectory();
    if (entry.isDirectory() || linked) found.push(entry.name);
  }
  return found.sort();
}

/**
 * One folder per class: the folders' names, sorted, are the classes; pictures may lie deeper inside.
 * @throws DatasetError when there are no class folders, or none holds a picture
 */
export async function openClassFolders(folder: string, options: DecodeOptions = {}): Promise<Dataset> {
  const classes = await subfolders(folder);
  const entries = await labelled(folder, classes, classes);
  if (entries.length === 0) throw new DatasetError(`${folder}: expected one folder of pictures per class, got none`);
  return fileDataset(entries, classes, options);
}

/** The pictures of each class folder below `folder`. */
async function labelled(folder: string, folders: readonly string[], order: readonly string[]): Promise<Entry[]> {
  const lists = await Promise.all(folders.map((name) => picturesBelow(join(folder, name))));
  return lists.flatMap((paths, i) =>
    paths.map((path) => ({ path, name: relative(folder, path), label: order.indexOf(folders[i]!) })),
  );
}

/**
 * A folder of pictures without labels: one class, named after the folder.
 * @throws DatasetError when it holds no picture
 */
export async function openPlainFolder(folder: string, options: DecodeOptions = {}): Promise<Dataset> {
  const paths = await picturesBelow(folder);
  if (paths.length === 0) throw new DatasetError(`${folder}: expected pictures, got none`);
  const entries = paths.map((path) => ({ path, name: relative(folder, path), label: 0 }));
  return fileDataset(entries, [basename(folder)], options);
}

/**
 * ImageNet as it is unpacked: `train/<wnid>/*.JPEG` and `val/<wnid>/*.JPEG`, or a flat `val/` with Kaggle's
 * `LOC_val_solution.csv` beside it. Labels follow the sorted wnids of `train/` (the usual 0..999). Class names come from
 * `LOC_synset_mapping.txt` or `synset_words.txt` where there is one; otherwise they are the wnids.
 * @throws DatasetError when the folders are not laid out so
 */
export async function openImageNet(
  folder: string,
  split: "train" | "val",
  options: DecodeOptions = {},
): Promise<Dataset> {
  const place = join(folder, split);
  const own = (await subfoldersOrNone(place)).filter((name) => WNID.test(name));
  const train = (await subfoldersOrNone(join(folder, "train"))).filter((name) => WNID.test(name));
  const wnids = train.length > 0 ? train : own;
  if (wnids.length === 0) {
    throw new DatasetError(`${folder}: expected train/<wnid>/ or val/<wnid>/ (wnid: n and eight digits), got neither`);
  }
  const unknown = own.filter((name) => !wnids.includes(name));
  if (unknown.length > 0) throw new DatasetError(`${place}: expected classes of train/, got ${unknown.join(", ")}`);
  const entries = own.length > 0 ? await labelled(place, own, wnids) : await flatValidation(folder, place, wnids);
  if (entries.length === 0) throw new DatasetError(`${place}: expected pictures, got none`);
  const names = await readSynsets(folder);
  return fileDataset(
    entries,
    wnids.map((wnid) => names.get(wnid) ?? wnid),
    options,
  );
}

async function subfoldersOrNone(folder: string): Promise<string[]> {
  return subfolders(folder).catch(() => []);
}

/** A flat `val/`, labelled by the CSV's second column, whose first word is the wnid. */
async function flatValidation(folder: string, place: string, wnids: readonly string[]): Promise<Entry[]> {
  const wnidOf = new Map<string, string>();
  const table = join(folder, "LOC_val_solution.csv");
  await eachLine(table, (line) => {
    const [id, boxes] = line.split(",");
    if (id && boxes) wnidOf.set(id, boxes.trim().split(" ")[0]!);
  });
  if (wnidOf.size === 0) throw new DatasetError(`${place}: expected a folder per wnid or ${table}, got neither`);
  return (await picturesBelow(place)).map((path) => {
    const wnid = wnidOf.get(basename(path, extname(path)));
    const label = wnid === undefined ? -1 : wnids.indexOf(wnid);
    if (label < 0)
      throw new DatasetError(`${path}: expected a line with a known wnid in ${table}, got ${wnid ?? "none"}`);
    return { path, name: basename(path), label };
  });
}

/** Lines "n01440764 tench, Tinca tinca": the first of the comma-separated names. */
async function readSynsets(folder: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const file of ["synset_words.txt", "LOC_synset_mapping.txt"]) {
    await eachLine(join(folder, file), (line) => {
      const space = line.indexOf(" ");
      if (space > 0)
        names.set(
          line.slice(0, space),
          line
            .slice(space + 1)
            .split(",")[0]!
            .trim(),
        );
    });
  }
  return names;
}

/** Calls back for each line; a file that is not there has none. */
async function eachLine(path: string, use: (line: string) => void): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (!there?.isFile()) return;
  for await (const line of createInterface({ input: createReadStream(path, "utf8") })) use(line);
}
