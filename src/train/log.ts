/** A run's log: one JSON object a line in `log.jsonl`, the same for TensorBoard, curves as SVG. */
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FileWriteError, writeErrorMessage, writeFileAtomic } from "../files/index.ts";
import { curvesSvg, panelsOf, scalarsOf } from "./curves.ts";
import type { StepReport } from "./run.ts";
import type { LogRecord } from "./state.ts";
import { scalarEvent, versionEvent } from "./tensorboard.ts";

export const LOG_FILE = "log.jsonl";

export const CURVES_FILE = "curves.svg";
/** A folder of its own: what TensorBoard is pointed at. */
export const EVENTS_FOLDER = "tensorboard";

/**
 * Opens a run's log; records of steps after `keepTo` (left by a run that was cut off) are dropped. Each opening begins a new
 * event file that holds the whole history, so that TensorBoard never shows dropped steps.
 */
export async function openLog(outDir: string, keepTo: number) {
  const path = join(outDir, LOG_FILE);
  const before = await readRecords(path);
  const records = before.filter((record) => record.step <= keepTo);
  await writeFileAtomic(path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const events = join(outDir, EVENTS_FOLDER, "events.out.tfevents.0000000000.flexvar");
  await writeFileAtomic(events, Buffer.concat([versionEvent(now()), ...records.map(eventOf)]));
  const append = async (file: string, content: string | Uint8Array): Promise<void> => {
    try {
      await appendFile(file, content);
    } catch (error) {
      throw new FileWriteError(writeErrorMessage(file, error), { cause: error });
    }
  };
  return {
    /** Appends a record. */
    async write(record: LogRecord): Promise<void> {
      records.push(record);
      await append(path, `${JSON.stringify(record)}\n`);
      await append(events, eventOf(record));
    },
    /** Draws `curves.svg` anew from all records. */
    draw: () => writeFileAtomic(join(outDir, CURVES_FILE), curvesSvg(panelsOf(records))),
  };
}

export type TrainLog = Awaited<ReturnType<typeof openLog>>;

const now = (): number => Date.now() / 1000;

function eventOf(record: LogRecord): Uint8Array {
  const scalars = Object.entries(scalarsOf(record)).map(([key, value]) => [`${record.kind}/${key}`, value] as const);
  return scalarEvent(now(), record.step, Object.fromEntries(scalars));
}

/** The records of a log file, without a last line that a kill cut short; none where there is no file. */
export async function readRecords(path: string): Promise<LogRecord[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return recordSchema.safeParse(value).success ? [value as LogRecord] : [];
    } catch {
      return [];
    }
  });
}

const recordSchema = z.looseObject({ step: z.number(), kind: z.string() });

/** 3725 s as `1 h 02 min`. */
export function durationText(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.round(s / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Means over steps that took `seconds` in all; the last one's learning rate. */
export function meansOf(steps: readonly StepReport[], seconds: number): Record<string, number> {
  const mean = (of: (r: StepReport) => number): number => steps.reduce((sum, r) => sum + of(r), 0) / steps.length;
  const images = steps.reduce((sum, r) => sum + r.images, 0);
  const parts = Object.keys(steps[0]?.parts ?? {}).map((key) => [key, round(mean((r) => r.parts[key] ?? 0))] as const);
  return {
    loss: round(mean((r) => r.loss)),
    lr: round(steps.at(-1)!.lr),
    gradNorm: round(mean((r) => r.gradNorm)),
    imagesPerSecond: round(images / seconds),
    ...Object.fromEntries(parts),
  };
}

/** Six significant digits: enough for curves, short in files. */
export const round = (value: number): number => Number(value.toPrecision(6));

export const describeMeans = (means: Readonly<Record<string, number>>): string =>
  Object.entries(means)
    .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
    .join("  ");
