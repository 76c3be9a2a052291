import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { fileProblem } from "../files/index.ts";
import { JsonError, parseJson } from "../json/index.ts";
import type { ClassOrder } from "./classes.ts";
import { CorruptImageError, checkIndex, type Dataset, DatasetError, pictureProblem } from "./dataset.ts";
import { type DecodeOptions, decodePicture } from "./decode.ts";
import { type Label, numberLabels, readLabel, type Unusable } from "./labels.ts";
import { countLeftOut, type LeftOutCount, someNames } from "./left-out.ts";
import { type Sample, samplesOf } from "./samples.ts";
import { indexTar, type TarMember } from "./tar-index.ts";

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
    if (found.length === 0) throw new DatasetError(`${paths.join(", ")}: expected ${noneFound(leftOut)}`);
    const { numbers, classes } = numbered(found, options.order);
    const isUnlabelled = found.every(({ label }) => label === undefined);
    const reading = { layout: isUnlabelled ? unlabelledWords(unread) : "", leftOut: leftOut.list() };
    return { ...dataset(found, numbers, classes, options, close), isUnlabelled, reading };
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
    throw new DatasetError(`${path}: expected a readable archive, got: ${fileProblem(error) ?? String(error)}`);
  }
}

function noneFound(leftOut: LeftOutCount): string {
  const [first] = leftOut.list();
  const got =
    first === undefined ? "none" : `${first.reason} (${first.count}: ${someNames(first.names, 2, first.count)})`;
  return `pictures in the archives, got ${got}`;
}

function dataset(
  samples: readonly Found[],
  labels: Int32Array,
  classes: readonly string[],
  options: DecodeOptions,
  close: () => Promise<void>,
): Dataset {
  const at = (index: number) => {
    checkIndex(samples, index);
    return samples[index]!;
  };
  return {
    length: samples.length,
    classes,
    labelOf: (index) => {
      checkIndex(samples, index);
      return labels[index]!;
    },
    nameOf: (index) => at(index).key,
    async get(index) {
      const { file, key, picture } = at(index);
      const bytes = await readMember(file, picture).catch((error: unknown) => {
        throw pictureProblem(key, error);
      });
      if (bytes.length < picture.size) throw new CorruptImageError(key, `${bytes.length} bytes of ${picture.size}`);
      return { image: await decodePicture(bytes, key, options), label: labels[index]!, name: key };
    },
    close,
  };
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
    const problem = error instanceof JsonError ? error.message : String(error);
    return { reason: "unreadable .json", detail: problem.replace(/^\.json: /, "") };
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
  if (without.length > 0)
    throw new DatasetError(`${without[0]!.key}: expected a label as other samples have, got none`);
  const labels = found.map(({ label }) => label!);
  const areNumbers = labels.every((label) => typeof label !== "string");
  return numberLabels(areNumbers ? labels : labels.map(String), order);
}

/** @throws DatasetError for pictures in several folders, which may be classes: an archive does not say so */
function expectOneFolder(found: readonly Found[]): void {
  const folders = new Set(found.map(({ key }) => key.slice(key.indexOf("/") + 1, key.lastIndexOf("/") + 1)));
  if (folders.size > 1)
    throw new DatasetError(
      `${found[0]!.key}: expected .cls or .json labels, got pictures in the folders ${someNames([...folders])}; unpack the archive if these are the classes`,
    );
}
