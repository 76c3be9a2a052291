/** Which sets a sweep draws and what each is judged against. */
import type { Sides } from "../evaluate/index.ts";
import type { FlexVARPipeline } from "../pipelines/index.ts";
import { type MemoryFlags, openCosts } from "./cost.ts";
import type { JudgingFlags } from "./judging-flags.ts";
import { samplingInput } from "./option-flags.ts";
import { firstPictures } from "./report-parts.ts";
import type { Reporter } from "./reporter.ts";
import { type PlannedSet, planSet } from "./sample-set.ts";
import { type PointFiles, pointFiles } from "./sweep-point.ts";
import type { Variation } from "./vary.ts";

export interface SweepRequest extends JudgingFlags, MemoryFlags {
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
  pipe: FlexVARPipeline,
  flags: SweepRequest,
  folder: string,
  code: string,
  features: string,
  report: Reporter,
): Promise<PlannedSweep[]> {
  const { contentDigest } = await import("../evaluate/index.ts");
  const { bootstrap = null, metrics = null, split = null, total, out, batch } = flags;
  const given = samplingInput({ ...flags });
  const costs = await openCosts(pipe, flags);
  const sweeps: PlannedSweep[] = [];
  const digests = new Map<string, string>();
  for (const variation of flags.vary) {
    const values: SweepValue[] = [];
    for (const { text, input } of variation.values) {
      const planned = await planSet(pipe, { total, input: { ...given, ...input }, folder, batch, costs, report });
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
  const { readStatistics } = await import("../evaluate/index.ts");
  if (against.endsWith(".npz") && (await readStatistics(against)) !== undefined) return undefined;
  const [first] = await firstPictures(against, 1);
  return first === undefined || (first.width === width && first.height === height) ? undefined : { width, height };
}
