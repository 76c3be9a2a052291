/**
 * How a data set lies on disk: told from its files by rules, never guessed. What fits no rule, or more than one, is refused
 * with what was found.
 */
import { basename, join } from "node:path";
import { DatasetError } from "./dataset.ts";
import { someNames } from "./left-out.ts";
import { isWnid } from "./synsets.ts";
import { type ArchiveForm, type Folder, holdsData, type Tree } from "./tree.ts";

/** Where the pictures of one side are. */
export type Source =
  /** One folder per class. */
  | { readonly kind: "class-folders"; readonly folder: Folder }
  /** Pictures without classes. */
  | { readonly kind: "plain-folder"; readonly folder: Folder }
  /** Archives, sorted by name. */
  | { readonly kind: ArchiveForm; readonly paths: readonly string[] };

/** A data set's sides. */
export interface Layout {
  /** In words, for data cards. */
  readonly words: string;
  /** The training pictures; all of them where the files have no split. */
  readonly train: Source;
  /** The held-out pictures, where the files have a split: `val`, or else `test`. */
  readonly heldOut: Source | undefined;
}

type SplitName = "train" | "val" | "test";

const SPLITS: Readonly<Record<string, SplitName>> = {
  train: "train",
  training: "train",
  val: "val",
  valid: "val",
  validation: "val",
  dev: "val",
  eval: "val",
  evaluation: "val",
  test: "test",
  testing: "test",
};

/** The split that a name is: one of the words, in whatever case, alone or as in `train_set` and `Test-Set`. */
function splitOf(name: string): SplitName | undefined {
  const word = name.toLowerCase().replace(/[-_ ]set$/, "");
  return Object.hasOwn(SPLITS, word) ? SPLITS[word] : undefined;
}

const isSplitFolder = ({ name }: Folder): boolean => splitOf(name) !== undefined;

/** The split that a file's name speaks of: the first of its parts that is one, as in `emoji-train-00000-of-00002.tar`. */
const splitOfFile = (name: string): SplitName | undefined =>
  name
    .split(/[-_. ]/)
    .map(splitOf)
    .find((split) => split !== undefined);

const EXPECTED = "pictures, class folders, train/ with val/ or test/, or .npz, .parquet or .tar files";

/** Whether a file is named as what programs pack or compress. */
export const isPacked = (name: string): boolean => /\.(zip|tgz|gz|7z|rar|xz|bz2|zst)$/i.test(name);

/** Reads a folder's layout. @throws DatasetError saying what was expected and what was found */
export function layoutOf(tree: Tree): Layout {
  if (holdsData(tree)) return folderLayout(tree, tree);
  const { others, folders, path, leftOut } = tree;
  const found = [
    ...(folders.length > 0 ? [`empty folders (${someNames(folders.map(({ name }) => name))})`] : []),
    ...leftOut.list().map(({ reason, count }) => `${reason} (${count})`),
  ];
  const hint = others.some(isPacked) ? "; unpack it first" : "";
  throw new DatasetError(path, EXPECTED, `${found.join(", ") || "an empty folder"}${hint}`);
}

function folderLayout(folder: Folder, tree: Tree): Layout {
  const { path, archives, pictures, folders } = folder;
  const filled = folders.filter(holdsData);
  if (archives.length > 0) return archiveLayout(folder, filled);
  if (filled.length === 0)
    return { words: "one folder of pictures without classes", train: plain(folder), heldOut: undefined };
  if (pictures.length > 0)
    throw new DatasetError(
      path,
      "either pictures or folders of pictures",
      `${pictures.length} pictures (${someNames(pictures)}) beside the folders ${someNames(namesOf(filled))}`,
    );
  const kinds = new Set(filled.flatMap(({ name }) => splitOf(name) ?? []));
  const isSplit = filled.every(isSplitFolder);
  if (isSplit && (kinds.size > 1 || filled.length > 1)) return splitLayout(folder, filled, tree);
  if (!isSplit && kinds.size > 1)
    throw new DatasetError(
      path,
      "either splits (train, val, test) or class folders",
      `both: ${someNames(namesOf(filled), 6)}`,
    );
  // Here, at most one kind of split is filled.
  if (isSplit && (folders.every(isSplitFolder) || holdsClassFolders(filled[0]!)))
    return inner(folder, filled[0]!, tree, `the one split there is${emptyWords(folder)}`);
  if (!isSplit) expectNoSplit(folder, filled);
  if (filled.length === 1 && folders.length === 1) return wrapped(folder, filled[0]!, tree);
  return classLayout(folder);
}

/** Whether a folder holds folders of pictures and no pictures of its own, as a split does and a class hardly ever. */
const holdsClassFolders = ({ pictures, folders }: Folder): boolean =>
  pictures.length === 0 && folders.some((one) => one.pictures.length > 0);

/** @throws DatasetError for a split beside folders that are none: read as classes, the classes in it would be lost */
function expectNoSplit({ path }: Folder, filled: readonly Folder[]): void {
  const split = filled.find((one) => isSplitFolder(one) && holdsClassFolders(one));
  if (split === undefined) return;
  const unknown = filled.filter((one) => !isSplitFolder(one));
  throw new DatasetError(
    path,
    "splits (train, val, test) or folders of pictures",
    `"${split.name}" with folders of its own (${someNames(namesOf(split.folders))}) beside ${someNames(namesOf(unknown))}; name the folder that is the data set, or rename those that are splits`,
  );
}

/** The splits without pictures, in words: they count as absent. */
function emptyWords({ folders }: Folder): string {
  const empty = folders.filter((one) => isSplitFolder(one) && !holdsData(one));
  return empty.length === 0 ? "" : `, ${someNames(empty.map(({ name }) => `${name}/`))} without pictures`;
}

const namesOf = (folders: readonly Folder[]): string[] => folders.map(({ name }) => name);

const plain = (folder: Folder): Source => ({ kind: "plain-folder", folder });

/** What lies in a folder's only folder. */
function inner(outer: Folder, only: Folder, tree: Tree, why: string): Layout {
  const { words, train, heldOut } = folderLayout(only, tree);
  // Pictures without classes are called as the data set is.
  const named = train.kind === "plain-folder" ? plain({ ...only, name: outer.name || basename(outer.path) }) : train;
  return { words: `${only.name}/, ${why}: ${words}`, train: named, heldOut };
}

/** A folder that holds one folder and nothing else: one class, or a wrapping around more. */
function wrapped(outer: Folder, only: Folder, tree: Tree): Layout {
  if (only.pictures.length > 0) return classLayout(outer);
  const below = only.folders.filter(holdsData);
  const isSplit = below.every(isSplitFolder) && only.folders.filter(isSplitFolder).length > 1;
  if (only.archives.length > 0 || isSplit) return inner(outer, only, tree, "the only folder");
  throw new DatasetError(
    outer.path,
    "folders of pictures",
    `one folder "${only.name}" that holds only folders (${someNames(namesOf(below))}); give ${only.path} if these are the classes, or put the pictures right into "${only.name}" if it is the class`,
  );
}

/** One folder per class; what lies deeper counts to the folder at the top. */
function classLayout(folder: Folder): Layout {
  const deeper = folder.folders.filter(({ folders }) => folders.some(holdsData));
  for (const one of folder.folders) {
    const splits = new Set(one.folders.filter(holdsData).flatMap(({ name }) => splitOf(name) ?? []));
    if (splits.size > 1)
      throw new DatasetError(
        folder.path,
        `splits above the classes (train/${one.name})`,
        `them below: ${someNames(namesOf(one.folders).map((name) => `${one.name}/${name}`))}`,
      );
    const archive = archiveBelow(one);
    if (archive !== undefined)
      throw new DatasetError(folder.path, "pictures in class folders", `the archive ${archive} in "${one.name}"`);
  }
  const words =
    deeper.length === 0
      ? "one folder per class"
      : `one folder per class; pictures in folders of theirs count to them (${someNames(namesOf(deeper))})`;
  return { words, train: { kind: "class-folders", folder }, heldOut: undefined };
}

function archiveBelow({ archives, folders, path }: Folder): string | undefined {
  if (archives.length > 0) return join(path, archives[0]!.name);
  return folders.map(archiveBelow).find((found) => found !== undefined);
}

/** The items of each split. @throws DatasetError for two of one kind where `once`, and without training data */
function bySplit<T>(
  path: string,
  items: readonly T[],
  nameOf: (item: T) => string,
  splitOfItem: (name: string) => SplitName | undefined,
) {
  const of = (split: SplitName): T[] => items.filter((item) => splitOfItem(nameOf(item)) === split);
  const [train, val, test] = [of("train"), of("val"), of("test")];
  if (train.length === 0) throw new DatasetError(path, `train beside ${someNames(items.map(nameOf))}`, "none");
  return { train, heldOut: val.length > 0 ? val : test, aside: val.length > 0 ? test : [] };
}

/** `train/` with `val/` or `test/`. */
function splitLayout(folder: Folder, filled: readonly Folder[], tree: Tree): Layout {
  const { train, heldOut, aside } = bySplit(folder.path, filled, ({ name }) => name, splitOf);
  for (const same of [train, heldOut, aside])
    if (same.length > 1) throw new DatasetError(folder.path, "one folder per split", someNames(namesOf(same)));
  const [own, other] = [folderLayout(train[0]!, tree), folderLayout(heldOut[0]!, tree)];
  if (own.heldOut !== undefined || other.heldOut !== undefined)
    throw new DatasetError(folder.path, "one level of splits", `splits within ${someNames(namesOf(filled))}`);
  const isFlat = own.train.kind === "class-folders" && other.train.kind === "plain-folder";
  if (own.train.kind !== other.train.kind && !(isFlat && own.train.folder.folders.every(({ name }) => isWnid(name))))
    throw new DatasetError(folder.path, `${heldOut[0]!.name}/ like ${train[0]!.name}/ (${own.words})`, other.words);
  const name = folder.name || basename(folder.path);
  const side = (source: Source): Source =>
    source.kind === "plain-folder" ? plain({ ...source.folder, name }) : source;
  const words = `${train[0]!.name}/ (${own.words}) with ${heldOut[0]!.name}/ held out${asideWords(aside.map((one) => `${one.name}/`))}${emptyWords(folder)}`;
  return { words, train: side(own.train), heldOut: side(other.train) };
}

const asideWords = (names: readonly string[]): string =>
  names.length === 0 ? "" : `; ${someNames(names)} set aside, not read`;

/** Archives of one form, split by their names where these say so. */
function archiveLayout(folder: Folder, filled: readonly Folder[]): Layout {
  const { path, archives, pictures, others } = folder;
  const names = archives.map(({ name }) => name);
  const [form, ...more] = [...new Set(archives.map((archive) => archive.form))];
  if (more.length > 0) throw new DatasetError(path, "archives of one form", someNames(names, 6));
  const beside = [...pictures, ...namesOf(filled).map((name) => `${name}/`)];
  // What prepares an .npz writes its class names beside it, and sheets for people to look at.
  const isPrepared = form === "npz" && archives.length === 1 && others.includes("classes.json");
  if (beside.length > 0 && !isPrepared)
    throw new DatasetError(
      path,
      "either archives or pictures",
      `${someNames(names)} beside ${someNames(beside)}; name the one that is the data set`,
    );
  const besideWords = beside.length > 0 ? `; ${someNames(beside)} beside it not read` : "";
  const sources = (chosen: readonly string[]): Source => ({
    kind: form!,
    paths: chosen.map((name) => join(path, name)),
  });
  const kinds = new Set(names.map(splitOfFile));
  if (kinds.size === 1) {
    expectOne(path, form!, names);
    return { words: `${filesWords(names)}${besideWords}`, train: sources(names), heldOut: undefined };
  }
  const without = names.filter((name) => splitOfFile(name) === undefined);
  if (without.length > 0)
    throw new DatasetError(
      path,
      "a split (train, val, test) in every file's name or in none",
      `${someNames(without)} beside ${someNames(names.filter((name) => !without.includes(name)))}`,
    );
  const { train, heldOut, aside } = bySplit(path, names, (name) => name, splitOfFile);
  for (const side of [train, heldOut]) expectOne(path, form!, side);
  const words = `${filesWords(train)} with ${filesWords(heldOut)} held out${asideWords(aside)}${besideWords}`;
  return { words, train: sources(train), heldOut: sources(heldOut) };
}

function expectOne(path: string, form: ArchiveForm, names: readonly string[]): void {
  if (form === "npz" && names.length > 1)
    throw new DatasetError(path, "one .npz file", `${names.length}: ${someNames(names)}`);
}

const filesWords = (names: readonly string[]): string =>
  names.length === 1 ? names[0]! : `${names.length} files (${someNames(names, 2)})`;
