import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { parseJson } from "../json/index.ts";
import { checkIndex, type Dataset, DatasetError } from "./dataset.ts";
import { type DecodeOptions, decodePicture } from "./decode.ts";

import { indexTar, type TarMember } from "./tar-index.ts";
import { isPictureName } from "./tree.ts";

/** One sample: members of one archive that share a name up to the first dot of the file name. */
interface Sample {
  readonly file: FileHandle;
  readonly key: string;
  readonly picture: TarMember;
  readonly label: number;
}

/** How a WebDataset is read. */
export interface WebDatasetOptions extends DecodeOptions {
  /** Class names by label. Default: the labels' numbers, or the distinct names of `.cls` files that hold words. */
  readonly classes?: readonly string[];
}

/**
 * WebDataset shards: uncompressed tar archives whose members `key.jpg`, `key.cls` (or `key.json` with `label`) make a
 * sample. A `.cls` holds a number or a class name. Without any label there is one class.
 * @throws DatasetError when an archive is damaged, or some samples have labels and others have none
 */
export async function openWebDataset(paths: readonly string[], options: WebDatasetOptions = {}): Promise<Dataset> {
  const files: FileHandle[] = [];
  const close = async () => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    const found: { file: FileHandle; key: string; picture: TarMember; label: string | undefined }[] = [];
    for (const path of paths) {
      const file = await open(path, "r");
      files.push(file);
      for (const sample of samplesOf(await indexTar(file, path))) {
        found.push({
          file,
          key: `${basename(path)}/${sample.key}`,
          picture: sample.picture,
          label: await labelText(file, sample),
        });
      }
    }
    if (found.length === 0) throw new DatasetError(`${paths.join(", ")}: expected pictures in the archives, got none`);
    const { labels, classes } = numberLabels(found, options.classes);
    const samples = found.map(({ file, key, picture }, i) => ({ file, key, picture, label: labels[i]! }));
    return dataset(samples, classes, options, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function dataset(
  samples: readonly Sample[],
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
    labelOf: (index) => at(index).label,
    nameOf: (index) => at(index).key,
    async get(index) {
      const { file, key, picture, label } = at(index);
      return { image: await decodePicture(await readMember(file, picture), key, options), label, name: key };
    },
    close,
  };
}

interface Grouped {
  readonly key: string;
  readonly picture: TarMember;
  readonly cls: TarMember | undefined;
  readonly json: TarMember | undefined;
}

/** Groups members by key; samples without a picture are left out. */
function samplesOf(members: readonly TarMember[]): Grouped[] {
  const groups = new Map<string, Map<string, TarMember>>();
  for (const member of members) {
    const slash = member.name.lastIndexOf("/") + 1;
    const dot = member.name.indexOf(".", slash);
    if (dot < 0) continue;
    const key = member.name.slice(0, dot);
    const group = groups.get(key) ?? new Map<string, TarMember>();
    groups.set(key, group.set(member.name.slice(dot + 1).toLowerCase(), member));
  }
  return [...groups].flatMap(([key, group]) => {
    const picture = [...group.values()].find((member) => isPictureName(member.name));
    return picture ? [{ key, picture, cls: group.get("cls"), json: group.get("json") }] : [];
  });
}

async function readMember(file: FileHandle, { offset, size }: TarMember): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, offset);
  return bytes.subarray(0, bytesRead);
}

async function labelText(file: FileHandle, { cls, json }: Grouped): Promise<string | undefined> {
  if (cls) return (await readMember(file, cls)).toString("utf8").trim();
  if (!json) return undefined;
  const value = parseJson(await readMember(file, json), json.name);
  const label = typeof value === "object" && value !== null && "label" in value ? value.label : undefined;
  return typeof label === "number" || typeof label === "string" ? String(label) : undefined;
}

/** Turns label texts into class numbers: all numbers, all names, or none at all. */
function numberLabels(
  found: readonly { readonly key: string; readonly label: string | undefined }[],
  given: readonly string[] | undefined,
): { labels: number[]; classes: readonly string[] } {
  const without = found.filter(({ label }) => label === undefined);
  if (without.length === found.length) return { labels: found.map(() => 0), classes: given ?? ["image"] };
  if (without.length > 0)
    throw new DatasetError(`${without[0]!.key}: expected a label as other samples have, got none`);
  const texts = found.map(({ label }) => label!);
  const numeric = texts.every((text) => /^\d+$/.test(text));
  const most = numeric ? texts.reduce((high, text) => Math.max(high, Number(text)), 0) : 0;
  const classes =
    given ?? (numeric ? Array.from({ length: most + 1 }, (_, i) => String(i)) : [...new Set(texts)].sort());
  const numbers = new Map(classes.map((name, i) => [name, i]));
  const labels = texts.map((text) => (numeric ? Number(text) : (numbers.get(text) ?? -1)));
  const bad = labels.findIndex((label) => label < 0 || label >= classes.length);
  if (bad >= 0) {
    throw new DatasetError(`${found[bad]!.key}: expected a label of ${classes.length} classes, got ${texts[bad]}`);
  }
  return { labels, classes };
}
