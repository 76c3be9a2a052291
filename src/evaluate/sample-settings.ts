/** What every store of a sample set keeps to. */
import { link, readFile, rm } from "node:fs/promises";
import { jsonDifferences, jsonText, writeFileAtomic } from "../files/index.ts";
import type { RgbImage } from "../image/index.ts";

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
export interface SampleStore {
  /** Numbers of the pictures that are there; all of them once the set is whole. */
  present(): Promise<ReadonlySet<number>>;
  /** Adds one picture, whole or not at all. */
  add(number: number, image: RgbImage): Promise<void>;
  /** Writes the set once every picture is there; returns whether it is whole. Several processes may call it. */
  finish(): Promise<boolean>;
}

/** Name of the record of a set's settings: within a folder, or after the name of an archive. */
export const SETTINGS_FILE = "settings.json";

/** @throws RangeError for a picture of another size than the set's */
export function checkSampleSize({ width, height }: SetPlan, image: RgbImage): void {
  if (image.width !== width || image.height !== height)
    throw new RangeError(`sample: expected ${width}x${height} pixels, got ${image.width}x${image.height}`);
}

/**
 * The first process writes the settings; all others must have the same.
 * @param found what lies at the set's place already, if anything: without a record it is none of ours
 */
export async function settleSettings(
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
      throw new Error(
        `${path}: expected a new name, or a set that was begun here, got ${other} without a record of its settings`,
      );
    const own = `${record}.${process.pid}`;
    await writeFileAtomic(own, settings);
    // A link never replaces: of processes that start at once, one settles.
    await link(own, record).catch(() => undefined);
    await rm(own, { force: true });
    known = await read();
  }
  if (known !== settings)
    throw new Error(`${path}: expected the settings that it was begun with, got ${changes(known, settings)}`);
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
