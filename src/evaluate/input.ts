/** The two sides of an evaluation: pictures of any form, or a file of statistics. */

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { withNpz } from "../checkpoint/index.ts";
import { filesBelow, type NpzSplit, openPictureStream, type PictureStream } from "../data/index.ts";
import { FileError } from "../errors/index.ts";
import { fileDigest } from "../files/index.ts";
import { decodeText } from "../json/index.ts";
import { type Protocol, parseRecord } from "./protocol.ts";
import type { SetMetric } from "./result.ts";
import { readStatistics, type Statistics } from "./statistics-file.ts";

export interface EvaluationInput {
  readonly path: string;
  readonly sha256: string;
  /** Pictures; undefined where the file holds statistics only. */
  readonly stream: PictureStream | undefined;
  /** Statistics that the file brings. */
  readonly statistics: Statistics | undefined;
  /** What is recorded of how it was made. */
  readonly recorded: Protocol | undefined;
  /** Pictures that the record speaks of, where the set has another number: unfinished, or mixed with others. */
  readonly recordedTotal: number | undefined;
  /** The record's text. */
  readonly record: string | undefined;
  close(): Promise<void>;
}

/**
 * Opens one side. A file may hold both statistics and pictures, as OpenAI's reference batches do.
 * @throws Error naming the path, what was expected and what was found
 */
export async function openInput(path: string, split?: NpzSplit): Promise<EvaluationInput> {
  const { hasPictures, hasStatistics } = await contentsOf(path);
  const statistics = hasStatistics ? await readStatistics(path) : undefined;
  const stream = hasPictures ? await openPictureStream(path, split === undefined ? {} : { split }) : undefined;
  const record = statistics?.protocol ?? (await settingsBeside(path));
  const { total, ...recorded } = parseRecord(record ?? "");
  return {
    path,
    sha256: await contentDigest(path),
    stream,
    statistics,
    recorded: record === undefined ? undefined : recorded,
    recordedTotal: statistics !== undefined || total === stream?.length ? undefined : total,
    record,
    close: async () => stream?.close(),
  };
}

/** Opens both sides, all pictures of the first and one side of the second's split, and closes them after use. */
export async function withInputs<Result>(
  a: string,
  b: string,
  split: NpzSplit | undefined,
  use: (drawn: EvaluationInput, reference: EvaluationInput) => Promise<Result>,
): Promise<Result> {
  const drawn = await openInput(a, "all");
  try {
    const reference = await openInput(b, split);
    return await use(drawn, reference).finally(() => reference.close());
  } finally {
    await drawn.close();
  }
}

/** Which of pictures and statistics one side brings. @throws Error naming the path where it brings neither */
async function contentsOf(path: string) {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) throw new FileError(path, "pictures or statistics", "no such file or folder");
  if (!info.isFile() || extname(path).toLowerCase() !== ".npz") return { hasPictures: true, hasStatistics: false };
  const names = await withNpz(path, async ({ arrays }) => new Set(arrays.keys()));
  const hasStatistics = names.has("mu") && names.has("sigma");
  const hasPictures = names.has("arr_0") || names.has("images");
  if (hasPictures || hasStatistics) return { hasPictures, hasStatistics };
  const got = [...names].slice(0, 20).join(", ");
  throw new FileError(path, "images (or arr_0), or mu and sigma", `the arrays ${got}`);
}

/** Finds out, before pictures are drawn for it, that a reference can be read. @throws Error as {@link openInput} does */
export async function expectInput(path: string, split?: NpzSplit): Promise<void> {
  const { hasPictures, hasStatistics } = await contentsOf(path);
  if (!hasPictures || hasStatistics) return;
  const stream = await openPictureStream(path, split === undefined ? {} : { split });
  await stream.close();
}

/**
 * Whether pictures must be turned into features to judge A against B: where a side brings no statistics of its own, or a metric
 * that was asked for by name is computed picture by picture from sides that have them.
 * @throws Error naming the path where a side brings neither pictures nor statistics
 */
export async function needsFeatures(a: string, b: string, metrics: readonly SetMetric[] = []): Promise<boolean> {
  const [drawn, reference] = [await contentsOf(a), await contentsOf(b)];
  if (!drawn.hasStatistics || !reference.hasStatistics) return true;
  return metrics.some((metric) => {
    if (metric === "inception_score") return drawn.hasPictures;
    return metric !== "fid" && metric !== "sfid" && drawn.hasPictures && reference.hasPictures;
  });
}

/** What `flexvar sample` wrote beside a file, or within a folder. */
async function settingsBeside(path: string): Promise<string | undefined> {
  const own = join(path, "settings.json");
  const beside = join(dirname(path), `${basename(path, extname(path))}.settings.json`);
  const place = (await stat(path)).isDirectory() ? own : beside;
  const bytes = await readFile(place).catch(() => undefined);
  return bytes === undefined ? undefined : decodeText(bytes, place);
}

/**
 * SHA-256 in hexadecimal: of a file's bytes; of a folder, over the path and the SHA-256 of each file below it, sorted by path,
 * hidden files and other litter left out.
 * @throws Error naming a file that cannot be read
 */
export async function contentDigest(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return fileDigest(path);
  const files = await filesBelow(path);
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${relative(path, file)}\0${await fileDigest(file)}\0`);
  return hash.digest("hex");
}
