/** Painting edits into a folder: what the image-to-image commands and `repeat` share. */
import { join } from "node:path";
import { writeFileAtomic } from "../files/index.ts";
import {
  contactSheet,
  encodePng,
  flattenAlpha,
  type Json,
  type RgbaImage,
  type RgbImage,
  type SettingsRecord,
  settingsText,
  withAlpha,
  withoutOpaqueAlpha,
} from "../image/index.ts";
import {
  type Costs,
  type EditEvent,
  type EditRecord,
  type FlexVARPipeline,
  fitEdit,
  type PictureInfo,
  pictureSettings,
  runSettings,
} from "../pipelines/index.ts";
import type { PixelSize } from "../sampling/index.ts";
import type { Outcome, Running } from "./command.ts";
import { estimated, openCosts } from "./cost.ts";
import type { EditFlags } from "./edit-flags.ts";
import { modelHash } from "./identity.ts";
import { measured } from "./measure.ts";
import { findModel, openModel, shownPath } from "./model.ts";
import { asUsage, asUsageError } from "./option-flags.ts";
import { expectFolder, makeFolder, olderPictures, pictureName, scaleName } from "./output.ts";
import { type Reporter, seconds } from "./reporter.ts";

export { pictureHash } from "../image/node.ts";

export interface EditRun {
  /** What is asked, for the settings in each PNG. */
  readonly record: Omit<EditRecord, "model">;
  /** Size of the picture given, where the result's is another (refine). */
  readonly from?: PixelSize;
  /** Starts the task. @param batchSize variants side by side. */
  start(pipe: FlexVARPipeline, signal: AbortSignal, batchSize: number | undefined): AsyncGenerator<EditEvent>;
  /** Said before the work. */
  readonly notes?: readonly string[];
}

/** Opens the model and runs a task; each file appears whole or not at all. */
export async function runEdit(
  flags: EditFlags,
  { record, start, from, notes = [] }: EditRun,
  running: Running,
): Promise<Outcome> {
  const { report } = running;
  const folder = findModel(flags.model);
  await expectFolder(flags.out);
  const pipe = await openModel(folder, flags, report);
  try {
    const model = await modelHash(folder);
    const settings = asUsage(() => runSettings(pipe.config, { ...record, model }));
    for (const note of notes) report.log(note);
    const costs = await openCosts(pipe, flags);
    const fitted = costs && fitTask(pipe, record, from, flags, costs, report);
    await makeFolder(flags.out);
    const began = performance.now();
    const drawn = await paintFiles(
      start(pipe, running.signal, fitted?.batch ?? flags.batch),
      flags,
      flags.metadata ? settings : undefined,
      running,
    );
    const took = performance.now() - began;
    if (record.options.classLabels === "auto")
      report.log(`class: ${drawn.pictures[0]!.label ?? drawn.pictures[0]!.classId} (guessed; --class names another)`);
    const older = await olderPictures(flags.out, drawn.pictures.length);
    report.finish();
    report.log(`${drawn.pictures.length} in ${shownPath(flags.out)} (${seconds(took)})`);
    if (older.length > 0) report.log(`${shownPath(flags.out)} also holds ${older.length} of earlier runs: ${older[0]}`);
    return {
      json: {
        model: { path: folder, hash: model },
        device: pipe.device,
        files: drawn.files,
        pictures: drawn.pictures.map(
          ({ file, classId, label, indexWithinClass, bitsPerToken }): Json => ({
            file,
            class_id: classId,
            class: label ?? null,
            index_within_class: indexWithinClass,
            ...(bitsPerToken === undefined ? {} : { bits_per_token: bitsPerToken }),
          }),
        ),
        windows: drawn.windows,
        settings,
        ...(fitted && { estimate: fitted.json }),
        ...measured(pipe.runtime.runMilliseconds()),
      },
    };
  } catch (error) {
    // What an option is wrong about may show only beside the picture or model.
    throw asUsageError(error);
  } finally {
    await pipe.dispose();
  }
}

/** Lets a task in. @throws UsageError naming the flag, the bound and what would do. */
export function fitTask(
  pipe: FlexVARPipeline,
  { options, size, mask }: EditRun["record"],
  from: PixelSize | undefined,
  { batch }: { readonly batch?: number | undefined },
  costs: Costs,
  report: Reporter,
) {
  const canvas = from ?? { width: size[0], height: size[1] };
  const plan = {
    options: { ...options, batchSize: batch },
    size: canvas,
    mask,
    ...(mask === undefined && { to: size }),
  };
  return estimated(costs, report, ({ model, budget }) => fitEdit(pipe.config, model, plan, budget));
}

interface Painted {
  readonly files: string[];
  readonly pictures: (PictureInfo & { readonly file: string; readonly bitsPerToken?: number | undefined })[];
  readonly windows: number;
}

/** Writes the results of a task's events. @param settings of the run; undefined: none in the files. */
export async function paintFiles(
  events: AsyncGenerator<EditEvent>,
  flags: { readonly out: string; readonly preview?: boolean; readonly grid?: boolean },
  settings: SettingsRecord | undefined,
  { report }: Running,
): Promise<Painted> {
  const files: string[] = [];
  const pictures: Painted["pictures"] = [];
  const onSheet: RgbImage[] = [];
  let windows = 0;
  let step = 0;
  const write = async (name: string, image: RgbaImage, text = {}): Promise<string> => {
    const path = join(flags.out, name);
    await writeFileAtomic(path, encodePng(withoutOpaqueAlpha(image), text));
    files.push(path);
    return path;
  };
  for await (const event of events) {
    windows = event.windows;
    if (event.window === 0 && event.index === 0) step = 0;
    report.progress(
      event.window + (event.index + 1) / event.total,
      event.windows,
      `window ${event.window + 1} of ${event.windows}, scale ${event.index + 1} of ${event.total} (${event.grid[0]}x${event.grid[1]})`,
    );
    if (flags.preview === true && event.bitsPerToken === undefined)
      for (const [i, image] of (await event.images()).entries())
        await write(join("previews", scaleName(event.first + i, 1, step)), image);
    step++;
    if (!event.isLast) continue;
    for (const [i, image] of (await event.images()).entries()) {
      const picture = event.pictures[i]!;
      const text = settings === undefined ? {} : settingsText(pictureSettings(settings, picture));
      const file = await write(pictureName(event.first + i, 1), image, text);
      pictures.push({ ...picture, file, bitsPerToken: event.bitsPerToken?.[i] });
      if (flags.grid === true) onSheet.push(flattenAlpha(image, [255, 255, 255]));
    }
  }
  if (onSheet.length > 0) await write(join("sheet", "sheet.png"), withAlpha(contactSheet(onSheet)));
  return { files, pictures, windows };
}
