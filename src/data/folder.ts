/** Pictures as files: a folder per class, a folder without classes, ImageNet. */
import { basename, extname, relative } from "node:path";
import { readWholeFile } from "../files/index.ts";
import { type ClassOrder, expectDistinct, numbersOf, sortedNames } from "./classes.ts";
import { type Dataset, DatasetError } from "./dataset.ts";
import { type DecodeOptions, encodedDataset } from "./decode.ts";
import { shownName } from "./left-out.ts";
import { isWnid, readSynsets, readValidationTable, VALIDATION_TABLE } from "./synsets.ts";
import { type Folder, holdsData, picturesBelow } from "./tree.ts";

/** How pictures in folders are opened. */
export interface FolderOptions extends DecodeOptions {
  /** Folder names of the classes by number, where these are settled already. */
  readonly folders?: readonly string[];
  /** Default: natural. */
  readonly order?: ClassOrder;
}

interface Entry {
  readonly path: string;
  readonly name: string;
  readonly label: number;
}

/** Largest file that is taken for a picture, in bytes. */
const LARGEST_FILE = 2 ** 30;

/** A data set of picture files. */
const fileDataset = (entries: readonly Entry[], classes: readonly string[], options: DecodeOptions): Dataset =>
  encodedDataset(
    {
      classes,
      labels: Int32Array.from(entries, ({ label }) => label),
      nameOf: (index) => entries[index]!.name,
      read: (index) => readWholeFile(entries[index]!.path, LARGEST_FILE),
    },
    options,
  );

/** Names of the class folders, in the order of their numbers. */
export function classFolderNames(folder: Folder, order?: ClassOrder): string[] {
  const names = folder.folders.map(({ name }) => name);
  expectDistinct(names, folder.path);
  return sortedNames(names, order);
}

/**
 * One folder per class: the folders' names are the classes; pictures may lie deeper inside. Pictures are numbered class by
 * class, by path within a class.
 * @throws DatasetError for a class folder that is not among settled ones
 */
export async function openClassFolders(folder: Folder, options: FolderOptions = {}): Promise<Dataset> {
  const names = options.folders ?? classFolderNames(folder, options.order);
  const numberOf = numbersOf(names);
  const byClass = names.map((): Folder[] => []);
  for (const one of folder.folders) {
    const number = numberOf(one.name);
    if (number !== undefined) byClass[number]!.push(one);
    else if (holdsData(one))
      throw new DatasetError(folder.path, "folders of the known classes", `"${shownName(one.name)}" too`);
  }
  const entries = byClass.flatMap((folders, label) =>
    folders.flatMap(picturesBelow).map((path) => ({ path, name: relative(folder.path, path), label })),
  );
  return fileDataset(entries, names, options);
}

/** A folder of pictures without labels: one class, named after the folder. */
export async function openPlainFolder(folder: Folder, options: DecodeOptions = {}): Promise<Dataset> {
  const entries = picturesBelow(folder).map((path) => ({ path, name: relative(folder.path, path), label: 0 }));
  return fileDataset(entries, [folder.name || basename(folder.path)], options);
}

/** Whether class folders are ImageNet's: named by wnids, all of them. */
export const isImageNet = (folder: Folder): boolean =>
  folder.folders.length > 0 && folder.folders.every(({ name }) => isWnid(name));

/**
 * The same data set with its classes, wnids, called by the names that `LOC_synset_mapping.txt` or `synset_words.txt` in
 * `root` have for them, where there is one.
 */
export async function withSynsetNames(dataset: Dataset, root: string): Promise<Dataset> {
  const names = await readSynsets(root);
  return { ...dataset, classes: dataset.classes.map((wnid) => names.get(wnid) ?? wnid) };
}

/**
 * ImageNet's `val/` without class folders: labelled by the CSV in `root`.
 * @param wnids the classes by number
 * @throws DatasetError where there is no CSV, or it does not know a picture
 */
export async function openFlatValidation(
  folder: Folder,
  root: string,
  wnids: readonly string[],
  options: DecodeOptions,
): Promise<Dataset> {
  const wnidOf = await readValidationTable(root);
  if (wnidOf.size === 0)
    throw new DatasetError(folder.path, `a folder per wnid or ${VALIDATION_TABLE} in ${root}`, "neither");
  const numberOf = numbersOf(wnids);
  const entries = picturesBelow(folder).map((path) => {
    const wnid = wnidOf.get(basename(path, extname(path)));
    const label = wnid === undefined ? undefined : numberOf(wnid);
    if (label === undefined)
      throw new DatasetError(path, `a line with a known wnid in ${VALIDATION_TABLE}`, wnid ?? "none");
    return { path, name: basename(path), label };
  });
  return fileDataset(entries, wnids, options);
}
