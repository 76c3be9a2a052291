/** `generate --best-of`: of many drawings of each class, those that a judge is surest of. */
import { computedBy, type FlexVARPipeline, runSettings, type TaskRun } from "../pipelines/index.ts";
import type { Running } from "./command.ts";
import { type DrawFlags, type Drawn, fitRun, pictureFolder } from "./draw.ts";
import { UsageError } from "./errors.ts";
import { findJudge, openFeatureSource } from "./evaluate-features.ts";
import { makeFolder, sheetColumns } from "./output.ts";

export interface BestFlags extends DrawFlags {
  readonly bestOf?: number;
  readonly judge?: string;
  readonly large: "plain" | "windows";
}

/** The judge's place. @throws UsageError for flags that do not go together, or where there is no judge. */
export function bestJudge({ bestOf, judge, preview, trace, large }: BestFlags, model: string): string | undefined {
  if (bestOf === undefined) {
    if (judge !== undefined) throw new UsageError("--judge: expected it with --best-of only");
    return undefined;
  }
  for (const [flag, given] of Object.entries({ preview, trace, "large windows": large === "windows" || undefined }))
    if (given !== undefined) throw new UsageError(`--${flag}: expected it without --best-of, got both`);
  return findJudge("judge", "a judge's folder", judge, model);
}

/** Draws, judges and writes; the files are those of ordinary pictures. @param place the judge's. */
export async function drawBest(
  pipe: FlexVARPipeline,
  run: Extract<TaskRun, { readonly task: "generate" }>,
  place: string,
  flags: BestFlags,
  { report, signal }: Running,
): Promise<Drawn> {
  const { bestOf = 0 } = flags;
  const { batch: batchSize, json: estimate } = await fitRun(pipe, run, flags, report);
  const options = { ...run.options, batchSize };
  const { count, picks } = pipe.resolve(options);
  if (bestOf < count)
    throw new UsageError(`--best-of: expected at least the ${count} pictures of each class to keep, got ${bestOf}`);
  await makeFolder(flags.out);
  const { drawSurest } = await import("../classifier/index.ts");
  const judge = await openFeatureSource(place, { threads: flags.threads });
  try {
    const onDrawn = (drawn: number, total: number): void => report.progress(drawn, total, `${drawn} of ${total} drawn`);
    const kept = await drawSurest(pipe, judge, { ...options, candidates: bestOf, onDrawn, signal });
    const settings = runSettings(pipe.config, run, computedBy(pipe.networks));
    const folder = pictureFolder(flags, settings, kept.length);
    const pictures = [];
    for (const [i, { picture, image, probability }] of kept.entries())
      pictures.push({ ...picture, probability, file: await folder.add(i, picture, image) });
    await folder.close(sheetColumns(picks.length, count));
    const { name, hash } = judge;
    return { pictures, files: folder.files, settings, windows: 1, estimate, judge: { path: place, name, hash } };
  } finally {
    await judge.close();
  }
}
