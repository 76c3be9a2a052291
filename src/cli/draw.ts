/** Drawing a run's pictures into a folder: what all commands that draw or edit share. */
import { join } from "node:path";
import {
  contactSheet,
  flattenAlpha,
  type PixelRect,
  type RgbaImage,
  type RgbImage,
  type SettingsRecord,
  settingsText,
} from "../image/index.ts";
import {
  type Costs,
  computedBy,
  type FlexVARPipeline,
  fitEdit,
  fitGenerate,
  fitTiled,
  type PictureInfo,
  photoFile,
  pictureSettings,
  type RunCost,
  type RunEvent,
  type RunPicture,
  regionOf,
  runSettings,
  runSteps,
  type TaskRun,
} from "../pipelines/node.ts";
import { type Grid, gridTokens } from "../sampling/index.ts";
import type { Running } from "./command.ts";
import { type EstimateJson, estimated, openCosts } from "./cost.ts";
import { UsageError } from "./errors.ts";
import type { ComputeFlags } from "./flags.ts";
import { makeFolder, pictureFiles, pictureName, SHEET, scaleName, sheetColumns } from "./output.ts";
import { extensionOf, type PhotoOut } from "./photo-out.ts";
import type { Reporter } from "./reporter.ts";
import { traceCollector } from "./trace.ts";

/** Flags that say where and how pictures are written. */
export interface DrawFlags extends ComputeFlags {
  readonly out: string;
  /** False: no settings in the file, nor a photograph's own records; what else it says is of those records alone. */
  readonly metadata?: boolean | string;
  readonly preview?: boolean;
  readonly grid?: boolean;
  readonly trace?: string;
  /** Pictures side by side. */
  readonly batch?: number;
}

interface DrawnPicture extends PictureInfo {
  readonly file: string;
  /** Of the best of several edits. */
  readonly bitsPerToken?: number | undefined;
  /** Of the best of several drawings: the judge's, that it belongs to its class. */
  readonly probability?: number;
}

/** What was drawn. */
export interface Drawn {
  readonly pictures: readonly DrawnPicture[];
  /** Every file written: pictures, previews, sheet, trace. */
  readonly files: readonly string[];
  readonly settings: SettingsRecord;
  readonly windows: number;
  /** Milliseconds from the start of the process to the first finished scale, where they were looked at. */
  readonly firstScaleMs?: number;
  /** Who chose the best of several drawings, where somebody did. */
  readonly judge?: { readonly path: string; readonly name: string; readonly hash: string };
  /** What was expected of the run, for `--json`; nothing on other devices than the CPU. */
  readonly estimate: EstimateJson;
}

const PREVIEWS = "previews";
const MOST_SHEET_BYTES = 2 ** 30;

/** Lets a run in: how many pictures side by side, and the estimate. @throws OptionError with the bound and what would do. */
export async function fitRun(
  pipe: FlexVARPipeline,
  run: TaskRun,
  flags: DrawFlags & { readonly bestOf?: number },
  report: Reporter,
): Promise<{ readonly batch?: number | undefined; readonly json: EstimateJson }> {
  const costs = await openCosts(pipe, flags);
  if (costs === undefined) return { batch: flags.batch, json: {} };
  const { batch, json } = estimated(costs, report, fitOf(pipe, run, flags));
  return { batch: batch ?? flags.batch, json };
}

/** What a run is let in by. */
function fitOf(
  pipe: FlexVARPipeline,
  run: TaskRun,
  flags: DrawFlags & { readonly bestOf?: number },
): (by: Costs) => { readonly cost: RunCost; readonly batch?: number } {
  const { config } = pipe;
  if (run.task === "generate-large") return (by) => ({ cost: fitTiled(config, by.model, run.options, by.budget) });
  const batchSize = flags.batch;
  if (run.task !== "generate") {
    const { mask, size: to } = run;
    const options = { ...run.options, batchSize };
    const plan = { options, size: run.options.image, mask, ...(mask === undefined && { to }) };
    return (by) => fitEdit(config, by.model, plan, by.budget);
  }
  const options = { ...run.options, batchSize };
  const { picks, count, plan } = pipe.resolve(options);
  const total = picks.length * (flags.bestOf ?? count);
  const sheet = flags.grid === true ? 6 * plan.sizePx.width * plan.sizePx.height : 0;
  const traced = flags.trace === undefined ? 0 : 4 * tokensOf(plan.grids) * config.tokenizer.codebookSize;
  const decoded = flags.preview === true ? [...plan.grids.keys()] : undefined;
  return (by) =>
    fitGenerate(config, by.model, options, total, by.budget, { decoded, heldBytes: total * (sheet + traced) });
}

/**
 * Lets a run in and draws all of its pictures; each file appears whole or not at all.
 * @throws OptionError for bad options, or a run that is not let in.
 */
export async function draw(
  pipe: FlexVARPipeline,
  run: TaskRun,
  flags: DrawFlags,
  { report, signal }: Running,
  photo?: PhotoOut,
): Promise<Drawn> {
  const { batch: batchSize, json: estimate } = await fitRun(pipe, run, flags, report);
  const { total, columns, tokens } = planOf(pipe, run, flags);
  const settings = runSettings(pipe.config, run, computedBy(pipe.networks));
  await makeFolder(flags.out);
  const folder = pictureFolder(flags, settings, total, photo);
  const { files } = folder;
  const pictures: DrawnPicture[] = [];
  const trace = flags.trace === undefined ? undefined : traceCollector();
  let [tokensDone, firstScaleMs, windows, scale] = [0, 0, 0, 0];
  const shown = flags.preview === true ? "every" : 0;
  for await (const { event, isLast, pictures: seen } of runSteps(pipe, run, {
    shown,
    batchSize,
    signal,
    patches: photo !== undefined,
  })) {
    firstScaleMs ||= performance.now();
    const [window, ranked] = "window" in event ? [event.window, event.bitsPerToken] : [0, undefined];
    windows = "windows" in event ? event.windows : 1;
    if (window === 0 && event.index === 0) scale = 0;
    if (flags.preview === true && ranked === undefined)
      for (const { number, image } of seen) await folder.write(join(PREVIEWS, scaleName(number, total, scale)), image);
    scale++;
    if (isLast) {
      const written = await addAll(folder, event, seen, photo === undefined);
      for (const [i, { info }] of seen.entries())
        pictures.push({ ...info, file: written[i]!, ...(ranked && { bitsPerToken: ranked[i] }) });
    }
    if (trace !== undefined && "logits" in event) trace.add(event, isLast ? await event.decoded() : undefined);
    tokensDone += gridTokens(event.grid) * event.pictures.length;
    if ("window" in event) report.progress(window + (event.index + 1) / event.total, windows, windowNote(event));
    else report.progress(tokensDone, tokens * total, scaleNote(event, total));
  }
  await folder.close(columns);
  if (trace !== undefined) {
    await trace.write(flags.trace!);
    files.push(flags.trace!);
  }
  return { pictures, files, settings, windows, firstScaleMs, estimate };
}

/** Writes finished pictures; small ones side by side, since most of their time is the way to the disk. */
async function addAll(
  folder: ReturnType<typeof pictureFolder>,
  event: RunEvent,
  seen: readonly RunPicture[],
  sideBySide: boolean,
): Promise<string[]> {
  const add = ({ number, info, image }: RunPicture) => folder.add(number, info, image, regionOf(event, image));
  if (sideBySide) return Promise.all(seen.map(add));
  const written: string[] = [];
  for (const picture of seen) written.push(await add(picture));
  return written;
}

/** How many pictures names and sheet count with, and the tokens of one; those of edits are not known before. */
function planOf(pipe: FlexVARPipeline, run: TaskRun, { grid }: DrawFlags) {
  if (run.task !== "generate") return { total: 1, columns: {}, tokens: 0 };
  const { picks, count, plan } = pipe.resolve(run.options);
  const total = picks.length * count;
  const { width, height } = plan.sizePx;
  if (grid === true && total * width * height * 3 > MOST_SHEET_BYTES)
    throw new UsageError(`--grid: expected pictures for a sheet of at most 1 GiB, got ${total} of ${width}x${height}`);
  return { total, columns: sheetColumns(picks.length, count), tokens: tokensOf(plan.grids) };
}

/** A picture as `--json` lists it. */
export const pictureJson = ({ classId, label, group, ...picture }: DrawnPicture) => ({
  file: picture.file,
  class_id: classId,
  class: label ?? null,
  ...(group !== undefined && { group }),
  index_within_class: picture.indexWithinClass,
  ...(picture.probability !== undefined && { probability: picture.probability }),
  ...(picture.bitsPerToken !== undefined && { bits_per_token: picture.bitsPerToken }),
});

const tokensOf = (grids: readonly Grid[]): number => grids.reduce((sum, grid) => sum + gridTokens(grid), 0);

/** A folder of finished pictures with their settings, and their contact sheet. */
export function pictureFolder(
  { out, metadata = true, grid = false }: DrawFlags,
  settings: SettingsRecord,
  total: number,
  photo?: PhotoOut,
) {
  const { files, write, writeBytes } = pictureFiles(out);
  const onSheet: RgbImage[] = [];
  return {
    files,
    write,
    /** Writes picture number `number`; the file's path. */
    async add(number: number, info: PictureInfo, image: RgbImage | RgbaImage, region?: PixelRect): Promise<string> {
      if (grid) onSheet.push(flattenAlpha(image, [255, 255, 255]));
      const text = metadata === false ? {} : settingsText(pictureSettings(settings, info));
      if (photo === undefined) return write(pictureName(number, total), image, text);
      const bytes = await photoFile(photo.target, image, region!, text);
      return writeBytes(photo.name ?? pictureName(number, total, extensionOf(photo.target.format)), bytes);
    },
    /** Writes the contact sheet where one is asked for. */
    async close(columns: { columns?: number }): Promise<void> {
      if (onSheet.length > 0) await write(SHEET, contactSheet(onSheet, columns));
    },
  };
}

const scaleOf = ({ index, total, grid }: RunEvent): string => `scale ${index + 1} of ${total} (${grid[0]}x${grid[1]})`;

function scaleNote(event: RunEvent, total: number): string {
  const { first, pictures } = event;
  const last = first + pictures.length;
  const which = pictures.length === 1 ? `picture ${last}` : `pictures ${first + 1}-${last}`;
  return `${which} of ${total}, ${scaleOf(event)}`;
}

const windowNote = (event: Extract<RunEvent, { readonly window: number }>): string =>
  `window ${event.window + 1} of ${event.windows}, ${scaleOf(event)}`;
