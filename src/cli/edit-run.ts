/** Carrying an edit out into a folder: what the image-to-image commands share. */
import type { Command } from "commander";
import type { EditMask } from "../editing/index.ts";
import type { Json, RgbaImage } from "../image/index.ts";
import { loadRgba, pictureHash } from "../image/node.ts";
import type { EditTask } from "../options/index.ts";
import { type EditRun, runSettings } from "../pipelines/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { openCosts } from "./cost.ts";
import { draw } from "./draw.ts";
import { addEditFlags, type EditFlags, editInput } from "./edit-flags.ts";
import { modelHash } from "./identity.ts";
import { measured } from "./measure.ts";
import { findModel, openModel, shownPath } from "./model.ts";
import { asUsage, asUsageError } from "./option-flags.ts";
import { expectFolder, olderPictures } from "./output.ts";
import { seconds } from "./reporter.ts";

/** What a task paints on, where not on the picture given, and what is said before the work. */
interface EditCanvas {
  readonly picture?: RgbaImage;
  readonly mask: EditMask | undefined;
  /** Of the result, where not that of the canvas. */
  readonly size?: readonly [width: number, height: number];
  readonly notes?: readonly string[];
}

/**
 * Gives a command its picture, its flags and the work of a task.
 * @param plan checks the task's own flags, and tells then what a picture is painted on.
 */
export function carryOutEdit<Flags extends EditFlags>(
  command: Command,
  context: Context,
  task: EditTask,
  examples: readonly string[],
  plan: (flags: Flags) => (image: RgbaImage) => EditCanvas | Promise<EditCanvas>,
): void {
  addEditFlags(command, task);
  carryOut<Flags>(command, context, examples, async ([file = ""], flags, running) => {
    const { size: _, ...input } = editInput({ ...(flags as EditFlags) });
    const canvasOf = plan(flags);
    const image = await loadRgba(file);
    const { picture = image, mask, size = [picture.width, picture.height], notes } = await canvasOf(image);
    const options = { ...input, image: picture };
    return runEdit(flags, { task, options, mask, size, image: pictureHash(image) }, running, notes);
  });
}

/** Opens the model and carries an edit out; each file appears whole or not at all. @param notes said before the work. */
async function runEdit(
  flags: EditFlags,
  edit: Omit<EditRun, "model">,
  running: Running,
  notes: readonly string[] = [],
): Promise<Outcome> {
  const { report } = running;
  const folder = findModel(flags.model);
  await expectFolder(flags.out);
  const pipe = await openModel(folder, flags, report);
  try {
    const run = { ...edit, model: await modelHash(folder) };
    asUsage(() => runSettings(pipe.config, run));
    for (const note of notes) report.log(note);
    const costs = await openCosts(pipe, flags);
    const began = performance.now();
    const drawn = await draw(pipe, run, flags, costs, running);
    const took = performance.now() - began;
    if (run.options.classLabels === "auto")
      report.log(`class: ${drawn.pictures[0]!.label ?? drawn.pictures[0]!.classId} (guessed; --class names another)`);
    const older = await olderPictures(flags.out, drawn.pictures.length);
    report.finish();
    report.log(`${drawn.pictures.length} in ${shownPath(flags.out)} (${seconds(took)})`);
    if (older.length > 0) report.log(`${shownPath(flags.out)} also holds ${older.length} of earlier runs: ${older[0]}`);
    return {
      json: {
        model: { path: folder, hash: run.model },
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
        settings: drawn.settings,
        ...drawn.estimate,
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
