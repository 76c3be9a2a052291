/** A folder as it lies on disk: what could be data, level by level; the rest is counted by reason. */
import type { Dirent, Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { fileProblem, isLitter, readHead } from "../files/index.ts";
import { pictureFormat } from "../image/index.ts";
import { DatasetError } from "./dataset.ts";
import { countLeftOut, type LeftOutCount } from "./left-out.ts";

/** Extensions of pictures that can be decoded. */
const PICTURES = new Set(
  "jpg jpeg jpe jfif jif pjpeg pjp png apng webp gif tif tiff avif".split(" ").map((extension) => `.${extension}`),
);

/** Whether a file of this name is taken for a picture that can be decoded. */
export function isPictureName(name: string): boolean {
  const base = name.slice(name.lastIndexOf("/") + 1);
  return PICTURES.has(extname(base).toLowerCase()) && !isLitter(base);
}

/** Archives of pictures by extension. */
export const ARCHIVES = { ".npz": "npz", ".parquet": "parquet", ".tar": "webdataset" } as const;
export type ArchiveForm = (typeof ARCHIVES)[keyof typeof ARCHIVES];

interface Archive {
  readonly name: string;
  readonly form: ArchiveForm;
}

export interface Folder {
  readonly path: string;
  readonly name: string;
  /** Names of the pictures right in it. */
  readonly pictures: readonly string[];
  /** Archives right in it. */
  readonly archives: readonly Archive[];
  /** Names of all other plain files right in it. */
  readonly others: readonly string[];
  readonly folders: readonly Folder[];
}

export interface Tree extends Folder {
  readonly leftOut: LeftOutCount;
}

/** Folders below folders that are followed. */
const DEEPEST = 40;
/** Links on the way to a folder, and folders that links lead to in all: folders of links to folders of links grow without end. */
const MOST_LINKS_DEEP = 3;
const MOST_LINKED = 20_000;

/**
 * Reads a folder and those below it. Links are followed; what is litter, a link to nothing or into its own folders, unreadable, or neither file nor folder
 * is counted in `leftOut`.
 * @throws DatasetError when the folder itself cannot be read
 */
export async function readTree(path: string): Promise<Tree> {
  const leftOut = countLeftOut();
  const state: Walk = { root: path, leftOut, linked: 0, deepest: DEEPEST };
  const info = await stat(path).catch((error: unknown) => {
    throw new DatasetError(path, "a readable folder", fileProblem(error) ?? String(error));
  });
  const folder = await readFolder(state, path, "", [{ id: idOf(info), linked: false }]);
  if (folder === undefined) throw new DatasetError(path, "a readable folder", leftOut.list()[0]?.reason ?? "none");
  return { ...folder, leftOut };
}

/** A folder on the way down, and whether a link led to it. */
interface Step {
  readonly id: string;
  readonly linked: boolean;
}

interface Walk {
  readonly root: string;
  readonly leftOut: LeftOutCount;
  linked: number;
  readonly deepest: number;
}

const idOf = ({ dev, ino }: Stats): string => `${dev}:${ino}`;

/** One folder, `above` being those it lies in. Undefined where it cannot be read. */
async function readFolder(walk: Walk, path: string, name: string, above: readonly Step[]): Promise<Folder | undefined> {
  const omit = (reason: string, what = path): void => walk.leftOut.add(reason, relative(walk.root, what) || what);
  let entries: Dirent[];
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    omit(`unreadable folders: ${fileProblem(error) ?? String(error)}`);
    return undefined;
  }
  const pictures: string[] = [];
  const archives: Archive[] = [];
  const others: string[] = [];
  const folders: Folder[] = [];
  for (const entry of entries) {
    const place = join(path, entry.name);
    if (isLitter(entry.name)) {
      omit("system litter", place);
      continue;
    }
    const kind = await kindOf(walk, entry, place, above);
    if (typeof kind === "string") omit(kind, place);
    else if (kind.folder !== undefined) {
      const folder = await readFolder(walk, place, entry.name, [...above, kind.folder]);
      folders.push(folder ?? { path: place, name: entry.name, pictures: [], archives: [], others: [], folders: [] });
    } else {
      const form = ARCHIVES[extname(entry.name).toLowerCase() as keyof typeof ARCHIVES];
      if (isPictureName(entry.name) || (await isNamelessPicture(place))) pictures.push(entry.name);
      else if (form !== undefined) archives.push({ name: entry.name, form });
      else others.push(entry.name);
    }
  }
  for (const other of others) omit(reasonOf(other), join(path, other));
  return {
    path,
    name,
    pictures: pictures.sort(),
    archives: sortedByName(archives),
    others: others.sort(),
    folders: sortedByName(folders),
  };
}

/** A file, a folder, or why it is left out. */
async function kindOf(
  walk: Walk,
  entry: Dirent,
  place: string,
  above: readonly Step[],
): Promise<{ readonly folder?: Step } | string> {
  if (entry.isFile()) return {};
  if (!entry.isDirectory() && !entry.isSymbolicLink()) return "pipes, sockets and devices";
  let info: Stats;
  try {
    info = await stat(place);
  } catch (error) {
    return entry.isSymbolicLink() ? "broken links" : `unreadable: ${fileProblem(error) ?? String(error)}`;
  }
  if (info.isFile()) return {};
  if (!info.isDirectory()) return "pipes, sockets and devices";
  const id = idOf(info);
  const linked = entry.isSymbolicLink();
  if (above.some((step) => step.id === id)) return "links to a folder they lie in";
  if (above.length >= walk.deepest) return `folders more than ${walk.deepest} deep`;
  if (linked && above.filter((step) => step.linked).length >= MOST_LINKS_DEEP)
    return `links behind ${MOST_LINKS_DEEP} other links`;
  if (linked && ++walk.linked > MOST_LINKED)
    throw new DatasetError(walk.root, `at most ${MOST_LINKED} links to folders`, "more");
  return { folder: { id, linked } };
}

/** A file without extension that begins as a picture does: downloads are often called so. */
async function isNamelessPicture(path: string): Promise<boolean> {
  if (extname(path) !== "") return false;
  const head = await readHead(path, 512);
  return head !== undefined && pictureFormat(head) !== undefined;
}

function reasonOf(name: string): string {
  const extension = extname(name).toLowerCase();
  return extension === "" ? "files without extension" : `${extension} files`;
}

function sortedByName<T extends { readonly name: string }>(items: T[]): T[] {
  return items.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Paths of the pictures in a folder and below it, sorted, so that the same files always get the same numbers. */
export function picturesBelow(folder: Folder): string[] {
  const paths: string[] = [];
  const collect = ({ path, pictures, folders }: Folder): void => {
    for (const name of pictures) paths.push(join(path, name));
    folders.forEach(collect);
  };
  collect(folder);
  return paths.sort();
}

/** Paths of all plain files in a folder and below it, sorted; litter and what cannot be read is left out. */
export async function filesBelow(path: string): Promise<string[]> {
  const paths: string[] = [];
  const collect = (folder: Folder): void => {
    const names = [...folder.pictures, ...folder.archives.map(({ name }) => name), ...folder.others];
    for (const name of names) paths.push(join(folder.path, name));
    folder.folders.forEach(collect);
  };
  collect(await readTree(path));
  return paths.sort();
}

/** Whether pictures, or archives that may hold some, lie in a folder or below it. */
export const holdsData = ({ pictures, archives, folders }: Folder): boolean =>
  pictures.length > 0 || archives.length > 0 || folders.some(holdsData);

/** Paths of the pictures right in a folder, sorted by name. @throws DatasetError for a folder that cannot be read */
export async function listPictures(path: string): Promise<string[]> {
  const leftOut = countLeftOut();
  const folder = await readFolder({ root: path, leftOut, linked: 0, deepest: 0 }, path, "", []);
  if (folder === undefined) throw new DatasetError(path, "a readable folder", leftOut.list()[0]?.reason ?? "none");
  return folder.pictures.map((name) => join(path, name));
}
