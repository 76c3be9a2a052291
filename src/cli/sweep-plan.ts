/** Which sets a sweep draws and what each is judged against; sets and evaluations are made once and kept in the sweep's folder. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  contentDigest,
  type EvaluationResult,
  isEvaluationResult,
  readStatistics,
  type Sides,
} from "../evaluate/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { parseJson } from "../json/index.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import { type ComputeFlags, samplingInput } from "./flags.ts";
import type { JudgingFlags } from "./judging-flags.ts";
import { firstPictures } from "./report-parts.ts";
import type { PlannedSet } from "./sample-set.ts";
import type { SetDrawer } from "./set-drawer.ts";
import type { Variation } from "./vary.ts";

export interface SweepRequest extends JudgingFlags, ComputeFlags, ClusterFlags {
  readonly vary: readonly Variation[];
  readonly total: number;
  readonly out: string;
  readonly against: string;
  readonly batch?: number;
}

/** A value of an option, with where its set and its numbers lie. */
export interface SweepValue {
  readonly text: string;
  readonly planned: PlannedSet;
  readonly against: string;
  readonly files: PointFiles;
  /** Size that pictures are judged at; their own where undefined. */
  readonly at: Sides | undefined;
}

/** One `--vary`. */
export interface PlannedSweep {
  readonly variation: Variation;
  readonly values: readonly SweepValue[];
}

/** What stands for the value in `--against`. */
export const VALUE = "{value}";

/** Every set of every sweep, checked before the first is drawn. */
export async function planSweeps(
  drawer: SetDrawer,
  flags: SweepRequest,
  code: string,
  features: string,
): Promise<PlannedSweep[]> {
  const { bootstrap = null, metrics = null, split = null, total, out, batch } = flags;
  const given = samplingInput(flags);
  const sweeps: PlannedSweep[] = [];
  const digests = new Map<string, string>();
  for (const variation of flags.vary) {
    const values: SweepValue[] = [];
    for (const { text, input } of variation.values) {
      const planned = await drawer.plan({ total, input: { ...given, ...input }, batch });
      const against = flags.against.replaceAll(VALUE, text);
      if (!digests.has(against)) digests.set(against, await contentDigest(against));
      const at = flags.at ?? (await sizeFor(against, planned));
      const judging = [features, digests.get(against), at ?? null, metrics, split, bootstrap];
      values.push({ text, planned, against, at, files: pointFiles(out, planned, code, JSON.stringify(judging)) });
    }
    sweeps.push({ variation, values });
  }
  return sweeps;
}

/** The set's size where the reference's pictures have another; nothing is resized where they agree. */
async function sizeFor(against: string, { width, height }: PlannedSet): Promise<Sides | undefined> {
  if (against.endsWith(".npz") && (await readStatistics(against)) !== undefined) return undefined;
  const [first] = await firstPictures(against, 1);
  return first === undefined || (first.width === width && first.height === height) ? undefined : { width, height };
}

/** Where a value's set and evaluation lie; two values that draw the same pictures share them. */
interface PointFiles {
  readonly set: string;
  readonly evaluation: string;
}

/**
 * @param code which state of the program draws and judges: another one's pictures and numbers do not count.
 * @param judging everything else that decides the numbers but the set, as text.
 */
function pointFiles(folder: string, { settings }: PlannedSet, code: string, judging: string): PointFiles {
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
  return isEvaluationResult(value) ? value : undefined;
}

export const keepEvaluation = (path: string, result: EvaluationResult): Promise<void> =>
  writeFileAtomic(path, `${JSON.stringify(result, null, 2)}\n`);
