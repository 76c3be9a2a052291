/** Data sets of any form, by their path. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { withNpz } from "../checkpoint/index.ts";
import { fileProblem } from "../files/index.ts";
import { expectArchive } from "./archive-head.ts";
import { type ClassOrder, joined, withClasses } from "./classes.ts";
import { type Dataset, DatasetError, UnlabelledError } from "./dataset.ts";
import type { DecodeOptions } from "./decode.ts";
import {
  classFolderNames,
  isImageNet,
  openClassFolders,
  openFlatValidation,
  openPlainFolder,
  withSynsetNames,
} from "./folder.ts";
import { isPacked, type Layout, layoutOf, type Source } from "./layout.ts";
import { type Reading, someNames } from "./left-out.ts";
import { arrayOf, type NpzSplit, openNpzDataset } from "./npz.ts";
import { openParquet } from "./parquet.ts";
import { ARCHIVES, type Folder, holdsData, readTree, type Tree } from "./tree.ts";
import { openWebDataset } from "./webdataset.ts";

/** The forms a data set may have on disk. */
const dataFormats = ["npz", "class-folders", "imagenet", "plain-folder", "parquet", "webdataset"] as const;
export type DataFormat = (typeof dataFormats)[number];

/** How a data set of any form is opened. */
export interface OpenOptions extends DecodeOptions {
  /** For data sets with a split of their own. Default "train". */
  readonly split?: NpzSplit;
  /** Class names by number, where these are settled already (a run that goes on): pictures of other classes are refused. */
  readonly classes?: readonly string[];
  /** How class names are sorted where they are not settled. Default: naturally. */
  readonly order?: ClassOrder;
}

/** Where a data set's pictures are, before any of them is opened. */
export interface DataPlan {
  readonly path: string;
  readonly form: DataFormat;
  readonly layout: Layout;
  readonly reading: Reading;
}

/** Finds out how a data set lies on disk. @throws DatasetError where it has none of the known layouts */
export async function planData(path: string): Promise<DataPlan> {
  const info = await stat(path).catch((error: unknown) => {
    throw new DatasetError(path, "a file or folder", `nothing (${fileProblem(error) ?? String(error)})`);
  });
  if (!info.isDirectory()) return planFile(path, info);
  const tree = await withoutFeatures(await readTree(path));
  const layout = layoutOf(tree);
  const { kind } = layout.train;
  const isNet = layout.train.kind === "class-folders" && isImageNet(layout.train.folder);
  return {
    path,
    form: isNet ? "imagenet" : kind,
    layout,
    reading: { layout: layout.words, leftOut: tree.leftOut.list() },
  };
}

function planFile(path: string, info: Stats): DataPlan {
  const extension = extname(path).toLowerCase();
  const form = ARCHIVES[extension as keyof typeof ARCHIVES];
  if (!info.isFile() || form === undefined) {
    const got = info.isFile() ? extension || "another file" : "a pipe, socket or device";
    const hint = isPacked(path) ? ", which is compressed; unpack it first" : "";
    throw new DatasetError(path, ".npz, .parquet, .tar or a folder", `${got}${hint}`);
  }
  const words = `one ${extension} file`;
  const layout: Layout = { words, train: { kind: form, paths: [path] }, heldOut: undefined };
  return { path, form, layout, reading: { layout: words, leftOut: [] } };
}

/** A tree without the `.npz` files that hold no pictures (features, statistics), unless nothing else is there. */
async function withoutFeatures(tree: Tree): Promise<Tree> {
  const found: string[] = [];
  const prune = async (folder: Folder): Promise<Folder> => {
    const archives = [];
    for (const archive of folder.archives) {
      const place = `${folder.path}/${archive.name}`;
      if (archive.form === "npz" && (await isFeatures(place))) found.push(place.slice(tree.path.length + 1));
      else archives.push(archive);
    }
    const folders: Folder[] = [];
    for (const one of folder.folders) folders.push(await prune(one));
    return { ...folder, archives, folders };
  };
  const pruned = await prune(tree);
  if (!holdsData(pruned)) return tree;
  for (const name of found) tree.leftOut.add(".npz files without pictures", name);
  return { ...pruned, leftOut: tree.leftOut };
}

/** What cannot be read is not known to be without pictures: opening it says why. */
function isFeatures(path: string): Promise<boolean> {
  return withNpz(path, async (file) => {
    const header = await arrayOf(file, "images")?.header();
    return header?.dtype !== "uint8" || header.shape.length !== 4;
  }).catch(() => false);
}

/**
 * Opens a data set: an `.npz`, `.parquet` or `.tar` file, or a folder of these, of class folders, of pictures, or with
 * splits of any of them.
 * @throws DatasetError when the path holds none of them
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  return openPlanned(await planData(path), options);
}

/** Opens a side, or all, of what was planned. */
export async function openPlanned(plan: DataPlan, options: OpenOptions = {}): Promise<Dataset> {
  const { train, heldOut } = plan.layout;
  const split = options.split ?? "train";
  if (heldOut === undefined) return openSource(plan, train, { ...options, split });
  const open = () => openSource(plan, train, { ...options, split: "all" });
  if (split === "train") return open();
  if (split === "all") {
    const sides = await openBoth(plan, options);
    return sides.heldOut === undefined ? sides.train : joined(sides.train, sides.heldOut);
  }
  const own = await open();
  try {
    return await openHeldOut(plan, own, options);
  } finally {
    await own.close();
  }
}

/** A data set's two sides. */
interface Sides {
  readonly train: Dataset;
  readonly heldOut: Dataset | undefined;
}

/** Both sides of files with a split; a held-out side of which nothing has a label is left out, which the reading says. */
async function openBoth(plan: DataPlan, options: OpenOptions): Promise<Sides> {
  const train = await openSource(plan, plan.layout.train, { ...options, split: "all" });
  try {
    return { train, heldOut: await openHeldOut(plan, train, options) };
  } catch (error) {
    if (error instanceof UnlabelledError) return { train: withoutHeldOut(train, error), heldOut: undefined };
    await train.close();
    throw error;
  }
}

/** The training side as if there were no other, and a reading that says why. */
function withoutHeldOut(train: Dataset, { leftOut }: UnlabelledError): Dataset {
  const { layout, leftOut: own } = train.reading!;
  const reading = {
    layout: `${layout}; the held-out files have no labels and are left out`,
    leftOut: [...own, ...leftOut.map((one) => ({ ...one, reason: `held-out ${one.reason}` }))],
  };
  return { ...train, reading };
}

/**
 * Both sides of a data set, the second undefined where its files have no split, or nothing in it has a label.
 * @throws DatasetError where there is nothing to train on
 */
export async function openSides(path: string, options: Omit<OpenOptions, "split"> = {}): Promise<Sides> {
  const plan = await planData(path);
  if (plan.layout.heldOut !== undefined) return openBoth(plan, options);
  const train = await openPlanned(plan, options);
  if (train.length === 0) throw new DatasetError(path, "pictures to train on", "none");
  if (plan.form !== "npz") return { train, heldOut: undefined };
  const heldOut = await openPlanned(plan, { ...options, split: "held-out" });
  return { train, heldOut: heldOut.length > 0 ? heldOut : undefined };
}

/** The held-out side with the classes of the training side. */
async function openHeldOut(plan: DataPlan, train: Dataset, options: OpenOptions): Promise<Dataset> {
  const heldOut = plan.layout.heldOut!;
  const own = plan.layout.train;
  if (own.kind === "class-folders" && heldOut.kind === "plain-folder") {
    const wnids = settledFolders(plan, options)!;
    const dataset = await openFlatValidation(heldOut.folder, plan.path, wnids, options);
    return { ...dataset, classes: train.classes, reading: plan.reading };
  }
  const dataset = await openSource(plan, heldOut, { ...options, split: "all" });
  if (dataset.isUnlabelled !== true || train.isUnlabelled === true)
    return classedOrClosed(dataset, train.classes, heldOut);
  await dataset.close();
  throw withoutLabels(dataset, placeOf(heldOut));
}

/** What to say of held-out pictures that lack the labels which training pictures have. */
function withoutLabels({ length, nameOf }: Dataset, place: string): UnlabelledError {
  const names = Array.from({ length: Math.min(2, length) }, (_, i) => nameOf(i));
  const expected = "held-out pictures with labels as the training pictures have";
  const leftOut = [{ reason: "pictures without labels", count: length, names }];
  return new UnlabelledError(place, expected, `none (${someNames(names, 2, length)})`, leftOut);
}

/** `withClasses` that closes the data set where it has other classes. */
async function classedOrClosed(dataset: Dataset, classes: readonly string[], source: Source): Promise<Dataset> {
  try {
    return withClasses(dataset, classes, placeOf(source));
  } catch (error) {
    await dataset.close();
    throw error;
  }
}

const placeOf = (source: Source): string => ("folder" in source ? source.folder.path : dirname(source.paths[0]!));

async function openSource(plan: DataPlan, source: Source, options: OpenOptions): Promise<Dataset> {
  const dataset = await openPlaces(plan, source, options);
  const { layout, leftOut } = plan.reading;
  const reading = {
    layout: [layout, dataset.reading?.layout ?? ""].filter((words) => words !== "").join("; "),
    leftOut: [...leftOut, ...(dataset.reading?.leftOut ?? [])],
  };
  const { classes } = options;
  const whole = { ...dataset, reading };
  return classes === undefined ? whole : classedOrClosed(whole, classes, source);
}

async function openPlaces(plan: DataPlan, source: Source, options: OpenOptions): Promise<Dataset> {
  if ("paths" in source) for (const path of source.paths) await expectArchive(path, source.kind);
  switch (source.kind) {
    case "class-folders": {
      const folders = settledFolders(plan, options);
      const dataset = await openClassFolders(source.folder, { ...options, ...(folders && { folders }) });
      return plan.form === "imagenet" ? withSynsetNames(dataset, plan.path) : dataset;
    }
    case "plain-folder":
      return openPlainFolder(source.folder, options);
    case "npz":
      return openNpzDataset(source.paths[0]!, { split: options.split ?? "train" });
    case "parquet":
      return openParquet(source.paths, withoutClasses(options));
    case "webdataset":
      return openWebDataset(source.paths, withoutClasses(options));
    default:
      return source satisfies never;
  }
}

/** Readers number classes by what the files say; settled classes are applied to that by name. */
function withoutClasses({ classes: _, ...options }: OpenOptions): Omit<OpenOptions, "classes"> {
  return options;
}

/** Names of the class folders by number: those of the training side. ImageNet's are wnids, which keep their order. */
function settledFolders({ form, layout }: DataPlan, { classes, order }: OpenOptions): readonly string[] | undefined {
  if (layout.train.kind !== "class-folders") return undefined;
  return (form === "imagenet" ? undefined : classes) ?? classFolderNames(layout.train.folder, order);
}
