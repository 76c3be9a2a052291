/** Carrying an edit out into a folder: what the image-to-image commands share. */
import type { Json } from "../image/index.ts";
import { type EditRun, runSettings } from "../pipelines/index.ts";
import type { Outcome, Running } from "./command.ts";
import { openCosts } from "./cost.ts";
import { draw } from "./draw.ts";
import type { EditFlags } from "./edit-flags.ts";
import { modelHash } from "./identity.ts";
import { measured } from "./measure.ts";
import { findModel, openModel, shownPath } from "./model.ts";
import { asUsage, asUsageError } from "./option-flags.ts";
import { expectFolder, olderPictures } from "./output.ts";
import { seconds } from "./reporter.ts";

export { pictureHash } from "../image/node.ts";

/** Opens the model and carries an edit out; each file appears whole or not at all. @param notes said before the work. */
export async function runEdit(
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
