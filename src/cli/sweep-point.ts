/** One value of a sweep: its set and its evaluation, each made once and kept in the sweep's folder. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EvaluationResult } from "../evaluate/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { parseJson } from "../json/index.ts";
import type { PlannedSet } from "./sample-set.ts";

/** Where a value's set and evaluation lie; two values that draw the same pictures share them. */
export interface PointFiles {
  readonly set: string;
  readonly evaluation: string;
}

/**
 * @param code which state of the program draws and judges: another one's pictures and numbers do not count.
 * @param judging everything else that decides the numbers but the set, as text.
 */
export function pointFiles(folder: string, { settings }: PlannedSet, code: string, judging: string): PointFiles {
  const set = shortHash(`${settings} ${code}`);
  return {
    set: join(folder, `set-${set}.npz`),
    evaluation: join(folder, `evaluation-${set}-${shortHash(judging)}.json`),
  };
}

const shortHash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** The evaluation that is there; undefined where there is none, or one of another version. */
export async function keptEvaluation(path: string): Promise<EvaluationResult | undefined> {
  const text = await readFile(path).catch(() => undefined);
  if (text === undefined) return undefined;
  const value = parseJson(text, path);
  const whole = typeof value === "object" && value !== null && "version" in value && value.version === 1;
  return whole ? (value as EvaluationResult) : undefined;
}

export const keepEvaluation = (path: string, result: EvaluationResult): Promise<void> =>
  writeFileAtomic(path, `${JSON.stringify(result, null, 2)}\n`);
