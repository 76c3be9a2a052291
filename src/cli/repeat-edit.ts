/** Repeating an edit from its result. */
import { checkMask, type EditMask, maskFromImage, widenCanvas } from "../editing/index.ts";
import type { RgbaImage, SettingsRecord } from "../image/index.ts";
import {
  type EditEvent,
  editRequestFrom,
  editRunSettings,
  type FlexVARPipeline,
  type RepeatedEdit,
} from "../pipelines/index.ts";
import type { PixelSize } from "../sampling/index.ts";
import type { Outcome, Running } from "./command.ts";
import { openCosts } from "./cost.ts";
import { fitTask, paintFiles, pictureHash } from "./edit-run.ts";
import { UsageError } from "./errors.ts";
import { modelHash } from "./identity.ts";
import { measured } from "./measure.ts";
import { findModel, openModel, shownPath } from "./model.ts";
import { expectFolder, makeFolder } from "./output.ts";
import type { RepeatFlags } from "./repeat.ts";
import { asUsage } from "./sampling-flags.ts";

/** Paints an edited picture again: the same bytes, settings included, where model and machine are the same. */
export async function repeatEdit(
  file: string,
  settings: SettingsRecord,
  flags: RepeatFlags,
  running: Running,
): Promise<Outcome> {
  const folder = findModel(flags.model);
  const hash = await modelHash(folder);
  if (hash !== settings.model && flags.force !== true)
    throw new UsageError(
      `--model: expected the model that drew ${file} (${String(settings.model)}), got ${shownPath(folder)} (${hash}); --force draws with it`,
    );
  await expectFolder(flags.out);
  const pipe = await openModel(folder, flags, running.report);
  try {
    const request = editRequestFrom(settings, pipe.config.transformer?.numClasses ?? 0);
    const { events, mask, from } = await start(pipe, file, request, flags, running.signal);
    const costs = await openCosts(pipe, flags);
    if (costs !== undefined) fitTask(pipe, { ...request, mask }, from, {}, costs, running.report);
    await makeFolder(flags.out);
    const again = editRunSettings(pipe, { ...request, mask, model: hash });
    const { files } = await paintFiles(events, flags, again, running);
    running.report.log(`painted ${file} again: ${files.at(-1)}`);
    return { json: { model: { path: folder, hash }, files, settings, ...measured(pipe.runtime.runMilliseconds()) } };
  } finally {
    await pipe.dispose();
  }
}

async function start(
  pipe: FlexVARPipeline,
  file: string,
  request: RepeatedEdit,
  flags: RepeatFlags,
  signal: AbortSignal,
): Promise<{ events: AsyncGenerator<EditEvent>; mask: EditMask | undefined; from?: PixelSize }> {
  const { loadMaskPicture, loadRgba } = await import("../image/node.ts");
  const { size, task } = request;
  if (!request.fromResult && flags.image === undefined && (task === "refine" || request.mask !== undefined))
    throw new UsageError(
      `--image: expected the picture that was ${task === "refine" ? "refined" : "edited"}: its result does not hold enough of it`,
    );
  const given = flags.image === undefined ? undefined : await loadRgba(flags.image);
  if (given !== undefined && pictureHash(given) !== request.image)
    throw new UsageError(
      `--image: expected the picture that was edited (${request.image}), got ${flags.image} (${pictureHash(given)})`,
    );
  const options = { ...request.options, count: 1, signal };
  if (task === "refine")
    return { events: pipe.refine({ ...options, image: given!, size }), mask: undefined, from: given! };
  const mask = request.mask ?? (await maskGiven(flags, loadMaskPicture));
  const image = given === undefined ? await loadRgba(file) : onCanvas(given, mask);
  return { events: pipe.inpaint({ ...options, image, mask: checkMask(mask, image) }), mask };
}

async function maskGiven(flags: RepeatFlags, load: (path: string) => Promise<RgbaImage>): Promise<EditMask> {
  if (flags.mask === undefined)
    throw new UsageError("--mask: expected the mask, which was too intricate to be embedded");
  const given = await load(flags.mask);
  return asUsage(() => maskFromImage(given, flags.maskMode));
}

/** A picture that was out-painted, where its canvas has it: the kept part of the mask. */
function onCanvas(picture: RgbaImage, mask: EditMask): RgbaImage {
  if (picture.width === mask.width && picture.height === mask.height) return picture;
  const at = mask.data.indexOf(0);
  const [left, top] = [at % mask.width, Math.floor(at / mask.width)];
  return widenCanvas(picture, {
    left,
    top,
    right: mask.width - picture.width - left,
    bottom: mask.height - picture.height - top,
  }).picture;
}
