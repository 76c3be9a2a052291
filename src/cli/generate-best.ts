/** `generate --best-of`: of many drawings of each class, those that a judge is surest of. */
import { type Costs, type FlexVARPipeline, runSettings, type TaskRun } from "../pipelines/index.ts";
import type { Running } from "./command.ts";
import { type DrawFlags, type Drawn, type DrawnPicture, fitRun, pictureFolder } from "./draw.ts";
import { UsageError } from "./errors.ts";
import { findJudge, openFeatureSource } from "./evaluate-features.ts";
import { asUsage, asUsageError } from "./option-flags.ts";
import { makeFolder, sheetColumns } from "./output.ts";

/** A run that is not drawn in windows. */
type PlainRun = Extract<TaskRun, { readonly task: "generate" }>;

export interface BestFlags extends DrawFlags {
  readonly bestOf?: number;
  readonly judge?: string;
  readonly large: "plain" | "windows";
  readonly threads?: number;
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
  run: PlainRun,
  place: string,
  flags: BestFlags,
  costs: Costs | undefined,
  { report, signal }: Running,
): Promise<Drawn> {
  const { bestOf = 0, threads, batch } = flags;
  const fitted = costs && fitRun(pipe, run, flags, costs, report);
  const options = { ...run.options, batchSize: fitted?.batch ?? batch };
  const { count, picks } = asUsage(() => pipe.resolve(options));
  if (bestOf < count)
    throw new UsageError(`--best-of: expected at least the ${count} pictures of each class to keep, got ${bestOf}`);
  await makeFolder(flags.out);
  const { drawSurest } = await import("../classifier/index.ts");
  const judge = await openFeatureSource(place, threads === undefined ? {} : { threads });
  try {
    const onDrawn = (drawn: number, total: number): void => report.progress(drawn, total, `${drawn} of ${total} drawn`);
    const kept = await drawSurest(pipe, judge, { ...options, bestOf, onDrawn, signal }).catch((error: unknown) => {
      throw asUsageError(error);
    });
    const settings = runSettings(pipe.config, run);
    const folder = pictureFolder(flags, settings, kept.length);
    const pictures: DrawnPicture[] = [];
    for (const [i, { picture, image, probability }] of kept.entries())
      pictures.push({ ...picture, probability, file: await folder.add(i, picture, image) });
    await folder.close(sheetColumns(picks.length, count));
    const { name, hash } = judge;
    return {
      pictures,
      files: folder.files,
      settings,
      windows: 1,
      estimate: fitted && { estimate: fitted.json },
      judge: { path: place, name, hash },
    };
  } finally {
    await judge.close();
  }
}
