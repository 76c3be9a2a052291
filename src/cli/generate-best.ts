/** `generate --best-of`: of many drawings of each class, those that a judge is surest of. */
import type { SettingsRecord } from "../image/index.ts";
import { type FlexVARPipeline, type GenerateOptions, type PictureInfo, runSettings } from "../pipelines/index.ts";
import type { Running } from "./command.ts";
import { pictureFolder } from "./draw.ts";
import { UsageError } from "./errors.ts";
import { findJudge, openFeatureSource } from "./evaluate-features.ts";
import { asUsage, asUsageError } from "./option-flags.ts";
import { makeFolder, sheetColumns } from "./output.ts";

export interface BestFlags {
  readonly out: string;
  readonly bestOf?: number;
  readonly judge?: string;
  readonly grid?: boolean;
  readonly preview?: boolean;
  readonly metadata: boolean;
  readonly trace?: string;
  readonly large: "plain" | "windows";
  readonly threads?: number;
}

export interface DrawnBest {
  readonly pictures: readonly (PictureInfo & { readonly file: string; readonly probability: number })[];
  readonly files: readonly string[];
  readonly settings: SettingsRecord;
  /** Names the judge and its hash. */
  readonly judge: { readonly name: string; readonly hash: string };
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

/** Draws, judges and writes; the files are those of ordinary pictures. @param model identity for the settings in each PNG. */
export async function drawBest(
  pipe: FlexVARPipeline,
  options: GenerateOptions,
  bestOf: number,
  place: string,
  flags: BestFlags,
  model: string,
  { report, signal }: Running,
): Promise<DrawnBest> {
  const resolved = asUsage(() => pipe.resolve(options));
  const { count, picks } = resolved;
  if (bestOf < count)
    throw new UsageError(`--best-of: expected at least the ${count} pictures of each class to keep, got ${bestOf}`);
  const { threads } = flags;
  await makeFolder(flags.out);
  const { drawSurest } = await import("../judge/index.ts");
  const judge = await openFeatureSource(place, threads === undefined ? {} : { threads });
  try {
    const onDrawn = (drawn: number, total: number): void => report.progress(drawn, total, `${drawn} of ${total} drawn`);
    const kept = await drawSurest(pipe, judge, { ...options, bestOf, onDrawn, signal }).catch((error: unknown) => {
      throw asUsageError(error);
    });
    const settings = runSettings(pipe.config, { task: "generate", options, model });
    const folder = pictureFolder(flags, settings, kept.length);
    const pictures: DrawnBest["pictures"][number][] = [];
    for (const [i, { picture, image, probability }] of kept.entries())
      pictures.push({ ...picture, probability, file: await folder.add(i, picture, image) });
    await folder.close(sheetColumns(picks.length, count));
    return { pictures, files: folder.files, settings, judge: { name: judge.name, hash: judge.hash } };
  } finally {
    await judge.close();
  }
}
