import { type FileHandle, open } from "node:fs/promises";
import { basename, extname } from "node:path";
import { FileError } from "../errors/index.ts";
import { fileProblem, isLitter } from "../files/index.ts";
import { parseJson } from "../json/index.ts";
import type { ClassOrder } from "./classes.ts";
import { CorruptImageError, type Dataset, DatasetError } from "./dataset.ts";
import { type DecodeOptions, encodedDataset } from "./decode.ts";
import { type Label, numberLabels, readLabel, type Unusable } from "./labels.ts";
import { countLeftOut, type LeftOutCount, someNames } from "./left-out.ts";
import { indexTar, type TarMember } from "./tar-index.ts";
import { isPictureName } from "./tree.ts";

/** A picture in an archive and its label as it is written. */
interface Found {
  readonly file: FileHandle;
  /** Shard and key. */
  readonly key: string;
  readonly picture: TarMember;
  readonly label: Label | undefined;
}

/** How a WebDataset is read. */
export interface WebDatasetOptions extends DecodeOptions {
  /** How the names of `.cls` files that hold words are sorted. Default: naturally. */
  readonly order?: ClassOrder;
}

/**
 * WebDataset shards: uncompressed tar archives whose members `key.jpg`, `key.cls` (or `key.json` with `label`) make a
 * sample. A label is a number or a class name. Without any label there is one class. Samples whose label cannot be read are
 * left out and counted by shard and key, members that are not read by their ending.
 * @throws DatasetError when an archive is damaged, or some samples have labels and others have none
 */
export async function openWebDataset(paths: readonly string[], options: WebDatasetOptions = {}): Promise<Dataset> {
  const files: FileHandle[] = [];
  const close = async () => {
    await Promise.all(files.map((file) => file.close()));
  };
  const leftOut = countLeftOut();
  const unread = new Set<string>();
  try {
    const found: Found[] = [];
    for (const path of paths) {
      const file = await openShard(path);
      files.push(file);
      const shard = basename(path);
      for (const sample of samplesOf(await indexTar(file, path), shard, leftOut)) {
        const key = `${shard}/${sample.key}`;
        const one = await labelled(file, sample, key, leftOut);
        if (one === undefined) continue;
        found.push(one);
        for (const extension of unreadOf(sample, one)) {
          unread.add(extension);
          leftOut.add(`${extension} members`, `${key}${extension}`);
        }
      }
    }
    if (found.length === 0) throw new DatasetError(paths.join(", "), "pictures in the archives", noneFound(leftOut));
    const { numbers, classes } = numbered(found, options.order);
    const isUnlabelled = found.every(({ label }) => label === undefined);
    const reading = { layout: isUnlabelled ? unlabelledWords(unread) : "", leftOut: leftOut.list() };
    const nameOf = (index: number) => found[index]!.key;
    const pictures = { labels: numbers, classes, nameOf, read: (index: number) => readPicture(found[index]!) };
    return { ...encodedDataset(pictures, options), close, isUnlabelled, reading };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Extensions of the members that a sample's label and picture are not from. */
const unreadOf = ({ json, others }: Sample, { label }: Found): readonly string[] =>
  json !== undefined && label === undefined ? [...others, ".json"] : others;

/** How samples without labels were read, so that labels in members that are not read are not missed. */
const unlabelledWords = (unread: ReadonlySet<string>): string =>
  unread.size === 0
    ? "no labels"
    : `no labels: expected .cls, or .json with "label", got only ${[...unread].sort().join(", ")}, not used`;

async function openShard(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw new DatasetError(path, "a readable archive", fileProblem(error) ?? String(error), { isQuoted: true });
  }
}

function noneFound(leftOut: LeftOutCount): string {
  const [first] = leftOut.list();
  return first === undefined ? "none" : `${first.reason} (${first.count}: ${someNames(first.names, 2, first.count)})`;
}

async function readPicture({ file, key, picture }: Found): Promise<Buffer> {
  const bytes = await readMember(file, picture);
  if (bytes.length < picture.size) throw new CorruptImageError(key, `${bytes.length} bytes of ${picture.size}`);
  return bytes;
}

async function readMember(file: FileHandle, { offset, size }: TarMember): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, offset);
  return bytes.subarray(0, bytesRead);
}

/** Largest text of a label, in bytes: a member that is larger is none. */
const LONGEST_CLS = 10_000;
const LONGEST_JSON = 2 ** 24;

/** A sample with its label; undefined where that cannot be read. */
async function labelled(
  file: FileHandle,
  { picture, cls, json }: Sample,
  key: string,
  leftOut: LeftOutCount,
): Promise<Found | undefined> {
  const label = cls ? await clsLabel(file, cls) : json ? await jsonLabel(file, json) : undefined;
  if (typeof label !== "object") return { file, key, picture, label };
  leftOut.add(`samples with ${label.reason}`, label.detail === undefined ? key : `${key} (${label.detail})`);
  return undefined;
}

type Problem = Unusable & { readonly detail?: string };

async function clsLabel(file: FileHandle, member: TarMember): Promise<Label | Problem> {
  if (member.size > LONGEST_CLS) return { reason: "a .cls that is no label", detail: `${member.size} bytes` };
  const label = readLabel(await readMember(file, member));
  // As many digits as a number of 64 bits has.
  return typeof label === "string" && /^-?\d{1,20}$/.test(label) ? (readLabel(BigInt(label)) as Label) : label;
}

async function jsonLabel(file: FileHandle, member: TarMember): Promise<Label | Problem | undefined> {
  if (member.size > LONGEST_JSON) return { reason: "a .json too large to read", detail: `${member.size} bytes` };
  let value: unknown;
  try {
    value = parseJson(await readMember(file, member), ".json");
  } catch (error) {
    return { reason: "unreadable .json", detail: error instanceof FileError ? error.words : String(error) };
  }
  const label = typeof value === "object" && value !== null && "label" in value ? value.label : undefined;
  return label === undefined || label === null ? undefined : readLabel(label);
}

/** Turns labels into class numbers: all numbers, all names, or none at all. */
function numbered(found: readonly Found[], order: ClassOrder | undefined): ReturnType<typeof numberLabels> {
  const without = found.filter(({ label }) => label === undefined);
  if (without.length === found.length) {
    expectOneFolder(found);
    return { numbers: new Int32Array(found.length), classes: ["image"] };
  }
  if (without.length > 0) throw new DatasetError(without[0]!.key, "a label as other samples have", "none");
  const labels = found.map(({ label }) => label!);
  const areNumbers = labels.every((label) => typeof label !== "string");
  return numberLabels(areNumbers ? labels : labels.map(String), order);
}

/** @throws DatasetError for pictures in several folders, which may be classes: an archive does not say so */
function expectOneFolder(found: readonly Found[]): void {
  const folders = new Set(found.map(({ key }) => key.slice(key.indexOf("/") + 1, key.lastIndexOf("/") + 1)));
  if (folders.size > 1)
    throw new DatasetError(
      found[0]!.key,
      ".cls or .json labels",
      `pictures in the folders ${someNames([...folders])}; unpack the archive if these are the classes`,
    );
}

/** A sample's members. */
interface Sample {
  readonly key: string;
  readonly picture: TarMember;
  readonly cls: TarMember | undefined;
  readonly json: TarMember | undefined;
  /** Extensions of its other members. */
  readonly others: readonly string[];
}

/** Of several pictures named plainly (`key.jpg`, `key.png`), the first of these. */
const PREFERRED = [".jpg", ".jpeg", ".png", ".webp"];
/** Words that name a sample's picture where none is named plainly: `key.image.png` beside `key.mask.png`. */
const PICTURE_WORDS = new Set(["image", "img", "picture", "photo", "rgb", "input"]);

/**
 * Groups members by key. Litter, samples without a picture, and samples with several of which none is named as the sample's
 * are left out and counted.
 * @param shard the archive's name, for the count
 */
function samplesOf(members: readonly TarMember[], shard: string, leftOut: LeftOutCount): Sample[] {
  const groups = new Map<string, Map<string, TarMember>>();
  for (const member of members) {
    const place = `${shard}/${member.name}`;
    const slash = member.name.lastIndexOf("/") + 1;
    const dot = member.name.indexOf(".", slash);
    if (member.name.split("/").some((part) => part !== "." && part !== ".." && isLitter(part))) {
      leftOut.add("system litter", place);
      continue;
    }
    if (dot < 0) {
      leftOut.add("files without extension", place);
      continue;
    }
    const key = member.name.slice(0, dot);
    const extension = member.name.slice(dot + 1).toLowerCase();
    const group = groups.get(key) ?? new Map<string, TarMember>();
    if (group.has(extension)) leftOut.add("members that came again later", place);
    groups.set(key, group.set(extension, member));
  }
  return [...groups].flatMap(([key, group]) => {
    const picture = pictureOf(group);
    if (typeof picture !== "string") return [sampleOf(key, picture, group)];
    leftOut.add(picture, `${shard}/${key}`);
    return [];
  });
}

/** A sample's parts; a `.json` beside a `.cls` is not read. */
function sampleOf(key: string, picture: TarMember, group: ReadonlyMap<string, TarMember>): Sample {
  const cls = group.get("cls");
  const json = cls === undefined ? group.get("json") : undefined;
  const others = [...group].filter(([, member]) => ![picture, cls, json].includes(member));
  return { key, picture, cls, json, others: others.map(([extension]) => `.${extension}`) };
}

/**
 * The picture of a sample: the one named plainly, else the one whose name says so, else the only one.
 * @returns why there is none
 */
function pictureOf(group: ReadonlyMap<string, TarMember>): TarMember | string {
  const pictures = [...group].filter(([extension]) => isPictureName(`x.${extension}`));
  const plain = pictures.filter(([extension]) => !extension.includes("."));
  const rank = ([extension]: readonly [string, TarMember]): number => (PREFERRED.indexOf(`.${extension}`) + 99) % 99;
  const named = pictures.filter(([extension]) => PICTURE_WORDS.has(extension.slice(0, -extname(extension).length)));
  const [chosen] = [...plain].sort((a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1));
  if (chosen !== undefined) return chosen[1];
  if (named.length === 1) return named[0]![1];
  if (pictures.length === 1) return pictures[0]![1];
  return pictures.length === 0 ? "samples without a picture" : "samples with several pictures, none named as theirs";
}
