/** The whole state of a run in one safetensors file: arrays as tensors, everything else as JSON in the file's metadata. */

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import {
  CheckpointError,
  fromFloat32,
  openSafetensors,
  tensorSource,
  toFloat32,
  writeSafetensors,
} from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
import { FileWriteError, writeErrorMessage } from "../files/index.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A named float array of a training state. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One line of a run's log. */
export type LogRecord = Readonly<Record<string, Json>> & { readonly kind: string; readonly step: number };

export interface TrainState {
  /** Steps done. */
  readonly step: number;
  /** What is not an array: streams of random numbers, data position, best score, the config. */
  readonly json: Readonly<Record<string, Json>>;
  readonly arrays: ReadonlyMap<string, NamedArray>;
}

const STATE_KEY = "flexvar_train_state";
const FORMAT = 1;
const FILE = /^step-(\d{7,})\.safetensors$/;

const fileName = (step: number): string => `step-${String(step).padStart(7, "0")}.safetensors`;

/**
 * Writes a state, whole or not at all, and removes older ones but the newest `keepLast` and that of step `best`.
 * @returns the file's path. @throws Error naming the path and the reason, a full disk among them.
 */
export async function saveState(folder: string, state: TrainState, keepLast: number, best?: number): Promise<string> {
  const path = join(folder, fileName(state.step));
  const tensors = [...state.arrays].map(
    ([name, { shape, data }]) => [name, tensorSource("float32", shape, fromFloat32(data, "float32"))] as const,
  );
  const text = JSON.stringify({ format: FORMAT, step: state.step, json: state.json });
  try {
    await writeSafetensors(path, tensors, { [STATE_KEY]: text });
  } catch (error) {
    const reason = error instanceof CheckpointError ? (error.cause ?? error) : error;
    throw new FileWriteError(`${writeErrorMessage(path, reason)}; the checkpoints before it are whole`, {
      cause: error,
    });
  }
  const steps = await listStates(folder);
  const kept = new Set([...steps.slice(-keepLast), ...(best === undefined ? [] : [best])]);
  for (const step of steps) if (!kept.has(step)) await rm(join(folder, fileName(step)), { force: true });
  return path;
}

/** Steps of the states in a folder, ascending; none where there is no folder. */
export async function listStates(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names
    .flatMap((name) => FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

export function statePath(folder: string, step: number): string {
  return join(folder, fileName(step));
}

/** Reads what a state holds beside arrays. @throws CheckpointError for a file that is not one. */
export async function readStateJson(path: string): Promise<TrainState["json"]> {
  const file = await openSafetensors(path);
  try {
    return headerOf(file.metadata[STATE_KEY], path).json;
  } finally {
    await file.close();
  }
}

/** Reads a state. @throws CheckpointError for a file that is not one. */
export async function loadState(path: string): Promise<TrainState> {
  const file = await openSafetensors(path);
  try {
    const meta = headerOf(file.metadata[STATE_KEY], path);
    const arrays = new Map<string, NamedArray>();
    for (const [name, entry] of file.tensors)
      arrays.set(name, { shape: entry.shape, data: toFloat32(await entry.read(), entry.dtype) });
    return { step: meta.step, json: meta.json, arrays };
  } finally {
    await file.close();
  }
}

const headerSchema = z.object({
  format: z.literal(FORMAT),
  step: z.number(),
  json: z.record(
    z.string(),
    z.custom<Json>((value) => value !== undefined),
  ),
});

function headerOf(text: string | undefined, path: string): z.infer<typeof headerSchema> {
  const read = headerSchema.safeParse(text === undefined ? undefined : JSON.parse(text));
  if (read.success) return read.data;
  throw new FileError(path, `a training state of format ${FORMAT}`, "another file");
}
