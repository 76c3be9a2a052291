/** Drawing pictures into a folder: what `generate` and `repeat` share. */
import { join } from "node:path";
import { contactSheet, planarToRgb, type RgbImage, type SettingsRecord, settingsText } from "../image/index.ts";
import type { SamplingInput } from "../options/index.ts";
import {
  type Costs,
  type FlexVARPipeline,
  fitGenerate,
  type GenerateOptions,
  type PictureInfo,
  pictureSettings,
  runSettings,
  type ScaleEvent,
} from "../pipelines/index.ts";
import { gridTokens } from "../sampling/index.ts";
import type { Running } from "./command.ts";
import { estimated } from "./cost.ts";
import { UsageError } from "./errors.ts";
import { asUsage } from "./option-flags.ts";
import { makeFolder, pictureFiles, pictureName, SHEET, scaleName, sheetColumns } from "./output.ts";
import type { Reporter } from "./reporter.ts";
import { traceCollector } from "./trace.ts";

export interface DrawRequest {
  readonly out: string;
  /** The model's identity, for the settings in each PNG. */
  readonly model: string;
  /** Embed the settings. */
  readonly metadata: boolean;
  readonly preview: boolean;
  readonly grid: boolean;
  readonly trace: string | undefined;
}

/** What was drawn. */
export interface Drawn {
  readonly pictures: readonly (PictureInfo & { readonly file: string })[];
  /** Every file written: pictures, previews, sheet, trace. */
  readonly files: readonly string[];
  readonly settings: SettingsRecord;
  /** Milliseconds from the start of the process to the first finished scale. */
  readonly firstScaleMs: number;
}

const PREVIEWS = "previews";
const MOST_SHEET_BYTES = 2 ** 30;

/** What of a command's flags says how much is drawn and held. */
export interface FitFlags {
  readonly batch?: number | undefined;
  readonly bestOf?: number | undefined;
  readonly preview?: boolean | undefined;
  readonly trace?: string | undefined;
  readonly grid?: boolean | undefined;
}

/** Lets a drawing of the whole picture in: how many side by side, and the estimate. @throws UsageError naming the flag, the bound and what would do. */
export function fitDrawing(
  pipe: FlexVARPipeline,
  input: SamplingInput,
  { batch, bestOf, preview, trace, grid }: FitFlags,
  costs: Costs,
  report: Reporter,
) {
  const options = { ...input, batchSize: batch };
  const { picks, count, plan } = asUsage(() => pipe.resolve(options));
  const total = picks.length * (bestOf ?? count);
  const scales = plan.grids.map((_, i) => i);
  const tokens = plan.grids.reduce((sum, cells) => sum + gridTokens(cells), 0);
  const sheet = grid === true ? 6 * plan.sizePx.width * plan.sizePx.height : 0;
  const traced = trace === undefined ? 0 : 4 * tokens * pipe.config.tokenizer.codebookSize;
  const extra = { decoded: preview === true ? scales : undefined, heldBytes: total * (sheet + traced) };
  return estimated(costs, report, (by) => fitGenerate(pipe.config, by.model, options, total, by.budget, extra));
}

/** Draws all pictures of a request; each file appears whole or not at all. */
export async function draw(
  pipe: FlexVARPipeline,
  options: GenerateOptions,
  request: DrawRequest,
  { report, signal }: Running,
): Promise<Drawn> {
  const resolved = asUsage(() => pipe.resolve(options));
  const total = resolved.picks.length * resolved.count;
  const { sizePx, grids } = resolved.plan;
  if (request.grid && total * sizePx.width * sizePx.height * 3 > MOST_SHEET_BYTES)
    throw new UsageError(
      `--grid: expected pictures for a sheet of at most 1 GiB, got ${total} of ${sizePx.width}x${sizePx.height}`,
    );
  await makeFolder(request.out);

  const settings = runSettings(pipe.config, { task: "generate", options, model: request.model });
  const { files, write } = pictureFiles(request.out);
  const pictures: Drawn["pictures"][number][] = [];
  const onSheet: RgbImage[] = [];
  const trace = request.trace === undefined ? undefined : traceCollector();
  const textOf = (picture: PictureInfo) => (request.metadata ? settingsText(pictureSettings(settings, picture)) : {});
  const eachPicture = async (
    event: ScaleEvent,
    save: (image: RgbImage, picture: PictureInfo, index: number) => Promise<void>,
  ) => {
    const planes = await event.image();
    for (const [b, picture] of event.pictures.entries()) await save(planarToRgb(planes, b), picture, event.first + b);
  };

  const tokensOfOne = grids.reduce((n, grid) => n + gridTokens(grid), 0);
  let tokensDone = 0;
  let firstScaleMs = 0;
  for await (const event of pipe.generate({ ...options, signal })) {
    firstScaleMs ||= performance.now();
    if (request.preview) {
      await eachPicture(
        event,
        async (image, _, i) => void (await write(join(PREVIEWS, scaleName(i, total, event.index)), image)),
      );
    }
    if (event.isLast) {
      await eachPicture(event, async (image, picture, i) => {
        pictures.push({ ...picture, file: await write(pictureName(i, total), image, textOf(picture)) });
        if (request.grid) onSheet.push(image);
      });
    }
    trace?.add(event, event.isLast ? await event.decoded() : undefined);
    tokensDone += gridTokens(event.grid) * event.pictures.length;
    report.progress(tokensDone, tokensOfOne * total, progressNote(event, total));
  }
  if (request.grid) await write(SHEET, contactSheet(onSheet, sheetColumns(resolved.picks.length, resolved.count)));
  if (trace !== undefined && request.trace !== undefined) {
    await trace.write(request.trace);
    files.push(request.trace);
  }
  return { pictures, files, settings, firstScaleMs };
}

function progressNote({ first, pictures, index, total: scales, grid }: ScaleEvent, total: number): string {
  const last = first + pictures.length;
  const which = pictures.length === 1 ? `picture ${last}` : `pictures ${first + 1}-${last}`;
  return `${which} of ${total}, scale ${index + 1} of ${scales} (${grid[0]}x${grid[1]})`;
}
