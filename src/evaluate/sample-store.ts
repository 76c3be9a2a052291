/** A set of pictures that several processes draw together, each picture once, through any number of kills. */

import { access, link, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { withNpz, writeNpz } from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
import { isLitter, jsonDifferences, jsonText, makeFolders, writeFileAtomic } from "../files/index.ts";
import { encodePng, type RgbImage } from "../image/index.ts";

export interface SetPlan {
  /** The `.npz` file to write, or a folder for PNG files. */
  readonly path: string;
  readonly total: number;
  readonly width: number;
  readonly height: number;
  /** The class of each picture number, from 0. */
  readonly labelOf: (number: number) => number;
  /** The class's name, for a folder of its own; its number by default. */
  readonly nameOf?: (classId: number) => string;
  /** What decides the pictures, as text; a set begun with other settings is refused. */
  readonly settings: string;
}

/** The pictures of a set that are not finished yet lie in a folder beside it, one file each. */
interface SampleStore {
  /** Numbers of the pictures that are there; all of them once the set is whole. */
  present(): Promise<ReadonlySet<number>>;
  /** Adds one picture, whole or not at all. */
  add(number: number, image: RgbImage): Promise<void>;
  /** Writes the set once every picture is there; returns whether it is whole. Several processes may call it. */
  finish(): Promise<boolean>;
}

/** Name of the record of a set's settings: within a folder, or after the name of an archive. */
const SETTINGS_FILE = "settings.json";

/**
 * The first process writes the settings; all others must have the same.
 * @param found what lies at the set's place already, if anything: without a record it is none of ours
 */
async function settleSettings(
  record: string,
  settings: string,
  path: string,
  found: () => Promise<string | undefined>,
): Promise<void> {
  const read = (): Promise<string | undefined> => readFile(record, "utf8").catch(() => undefined);
  let known = await read();
  if (known === undefined) {
    const other = await found();
    if (other !== undefined)
      throw new FileError(
        path,
        "a new name, or a set that was begun here",
        `${other} without a record of its settings`,
      );
    const own = `${record}.${process.pid}`;
    await writeFileAtomic(own, settings);
    // A link never replaces: of processes that start at once, one settles.
    await link(own, record).catch(() => undefined);
    await rm(own, { force: true });
    known = await read();
  }
  if (known !== settings) throw new FileError(path, "the settings that it was begun with", changes(known, settings));
}

function changes(known: string | undefined, settings: string): string {
  try {
    const all = jsonDifferences(JSON.parse(known ?? ""), JSON.parse(settings));
    if (all.length > 0)
      return all.map(({ key, before, now }) => `${key} ${jsonText(now)} in place of ${jsonText(before)}`).join(", ");
  } catch {
    // Not JSON: shown whole below.
  }
  return `${settings} in place of ${known}`;
}

/** Opens a set to draw into. @throws Error where the file or its parts come from other settings, or from elsewhere */
export async function openSampleStore(plan: SetPlan): Promise<SampleStore> {
  const store = await (plan.path.endsWith(".npz") ? openArchive(plan) : openSampleFolder(plan));
  const { width, height } = plan;
  return {
    ...store,
    async add(number, image) {
      if (image.width !== width || image.height !== height)
        throw new RangeError(`sample: expected ${width}x${height} pixels, got ${image.width}x${image.height}`);
      await store.add(number, image);
    },
  };
}

/** @throws Error for a file that is not the plan's set */
async function checkArchive({ path, total, width, height }: SetPlan): Promise<void> {
  const pictures = await withNpz(path, async ({ arrays }) => arrays.get("arr_0")?.header());
  const expected = `uint8 [${[total, height, width, 3]}]`;
  const got = pictures === undefined ? "none" : `${pictures.dtype} [${pictures.shape}]`;
  if (got !== expected) throw new FileError(path, `pictures ${expected} as its settings say`, got);
}

async function openArchive(plan: SetPlan): Promise<SampleStore> {
  const { path, total, width, height } = plan;
  const parts = join(dirname(path), `.${basename(path)}.parts`);
  const record = join(dirname(path), `${basename(path, extname(path))}.${SETTINGS_FILE}`);
  const nameOf = (number: number): string => join(parts, `${number}.rgb`);
  await makeFolders(dirname(path));
  const whole = (): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  await settleSettings(record, plan.settings, path, async () => ((await whole()) ? "a file" : undefined));
  if (await whole()) await checkArchive(plan);
  if (!(await whole())) await makeFolders(parts);
  async function present(): Promise<Set<number>> {
    if (await whole()) return new Set(Array.from({ length: total }, (_, i) => i));
    const names = await readdir(parts).catch(() => []);
    return new Set(names.filter((name) => /^\d+\.rgb$/.test(name)).map((name) => Number.parseInt(name, 10)));
  }
  return {
    present,
    add: (number, image) => writeFileAtomic(nameOf(number), image.data),
    async finish() {
      if (await whole()) return true;
      if ((await present()).size < total) return false;
      async function* pictures(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < total; i++) yield await readFile(nameOf(i));
      }
      const labels = BigInt64Array.from({ length: total }, (_, i) => BigInt(plan.labelOf(i)));
      try {
        await writeNpz(path, [
          ["arr_0", { dtype: "uint8", shape: [total, height, width, 3], chunks: pictures() }],
          ["arr_1", { dtype: "int64", shape: [total], data: labels }],
        ]);
      } catch (error) {
        // Another process wrote the set and took the parts away meanwhile.
        if (await whole()) return true;
        throw error;
      }
      await rm(parts, { recursive: true, force: true });
      return true;
    },
  };
}

/** Opens a folder to draw into: `CLASS/000000.png`, … and the settings beside the class folders. */
async function openSampleFolder(plan: SetPlan): Promise<SampleStore> {
  const { path, total } = plan;
  await makeFolders(path);
  await settleSettings(join(path, SETTINGS_FILE), plan.settings, path, async () => {
    const other = (await readdir(path)).find((name) => !isLitter(name) && !name.startsWith(SETTINGS_FILE));
    return other === undefined ? undefined : `"${other}"`;
  });
  const places = placesOf(plan);
  async function present(): Promise<Set<number>> {
    const files = new Set<string>();
    for (const folder of new Set(places.map(([name]) => name)))
      for (const file of await readdir(join(path, folder)).catch(() => [])) {
        const place = join(folder, file);
        if ((await stat(join(path, place)).catch(() => undefined))?.size) files.add(place);
      }
    return new Set(places.flatMap((place, number) => (files.has(join(...place)) ? [number] : [])));
  }
  return {
    present,
    add: (number, image) => writeFileAtomic(join(path, ...places[number]!), encodePng(image)),
    finish: async () => (await present()).size === total,
  };
}

type Place = readonly [folder: string, file: string];

/** Folder and file of each picture. */
function placesOf({ total, labelOf, nameOf = String }: SetPlan): Place[] {
  const ids = [...new Set(Array.from({ length: total }, (_, i) => labelOf(i)))];
  const plain = new Map(ids.map((id) => [id, folderName(nameOf(id))]));
  const taken = [...plain.values()];
  const isAlone = (name: string): boolean => taken.indexOf(name) === taken.lastIndexOf(name);
  const folders = new Map(ids.map((id) => [id, isAlone(plain.get(id)!) ? plain.get(id)! : `${plain.get(id)}-${id}`]));
  const drawn = new Map<number, number>();
  return Array.from({ length: total }, (_, number): Place => {
    const id = labelOf(number);
    const index = drawn.get(id) ?? 0;
    drawn.set(id, index + 1);
    return [folders.get(id)!, `${String(index).padStart(6, "0")}.png`];
  });
}

/** A class's name without what file systems refuse. */
function folderName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const plain = name.replace(/[\u0000-\u001f/\\:*?"<>|]/g, "_");
  const begun = plain.replace(/^\.+/, "_");
  let end = begun.length;
  while (begun[end - 1] === "." || begun[end - 1] === " ") end--;
  const safe = end < begun.length ? `${begun.slice(0, end)}_` : begun;
  return safe === "" ? "_" : safe;
}
