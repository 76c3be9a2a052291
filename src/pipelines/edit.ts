/** Repainting parts of pictures: in-painting, and the tasks that reduce to it (paper section 3.4). */

import {
  blendByMask,
  canvasOf,
  checkMask,
  type EditMask,
  fillHole,
  holeOf,
  type Margins,
  planWindows,
  type WindowPass,
} from "../editing/index.ts";
import { flattenAlpha, type RgbaImage, type RgbImage, withAlpha } from "../image/index.ts";
import {
  type EditingInput,
  pickEditing,
  type ResolvedEditing,
  resolveEditing,
  type SamplingInput,
} from "../options/index.ts";
import { mapPerScale } from "../sampling/index.ts";
import { type EditEvent, WHITE } from "./edit-event.ts";
import type { OpenModel } from "./model.ts";
import { type PaintOptions, paint } from "./passes.ts";
import { resolvePlan } from "./resolve.ts";
import { windowPasses } from "./window-pass.ts";

/** What all image-to-image tasks take beside their picture. */
export interface EditOptions extends Omit<SamplingInput, "size" | "classLabels">, EditingInput, PaintOptions {
  /** 8-bit RGB or RGBA. The model sees transparent parts over white. */
  readonly image: RgbImage | RgbaImage;
}

export interface InpaintOptions extends EditOptions {
  /** The picture's size; 255 = repaint, 0 = keep to the byte, between: blend. */
  readonly mask: EditMask;
}

export interface OutpaintOptions extends EditOptions, Partial<Margins> {}

export interface ExpandOptions extends EditOptions {
  /** Width to height of the new canvas. */
  readonly ratio: number;
}

/** Guidance of edits that keep more than half of the picture, by default: what is kept says most of what the class would. */
const EDIT_GUIDANCE = 1.5;

/** An edit's options with its guidance decided: at most {@link EDIT_GUIDANCE} where more than half is kept, the model's default else. */
export function withGuidance<T extends Pick<EditOptions, "guidance">>(
  { config }: Pick<OpenModel, "config">,
  options: T,
  mask: EditMask | undefined,
): T {
  if (options.guidance !== undefined || mask === undefined) return options;
  const open = mask.data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
  if (2 * open >= mask.data.length) return options;
  const { guidance } = resolvePlan(config, {});
  return { ...options, guidance: mapPerScale(guidance, (value) => Math.min(value, EDIT_GUIDANCE)) };
}

/**
 * Repaints what the mask says. With a class given, nothing under the mask (at 255) reaches any pixel of the result, unless
 * `strength` below 1 asks for it.
 * @throws OptionError for bad options; the signal's reason when aborted.
 */
export async function* inpaint(pipe: OpenModel, options: InpaintOptions): AsyncGenerator<EditEvent> {
  const original = withAlpha(options.image);
  const mask = checkMask(options.mask, original);
  const editing = resolveEditing(pickEditing({ ...options }));
  const guided = withGuidance(pipe, options, mask);
  const windows = windowPasses(pipe, guided, editing, inpaintPasses(pipe, mask, editing));
  const picture = flattenAlpha(original, WHITE);
  const hole = holeOf(mask);
  // Below full strength what is under the mask is wanted; otherwise it is gone before anything looks.
  const start = { picture: (editing.strength ?? 1) < 1 ? picture : fillHole(picture, hole, editing.fill), hole };
  const finish = (painted: RgbImage): RgbaImage => blendByMask(original, painted, mask);
  yield* paint(pipe, options, { ...windows, editing, start, finish });
}

/** In which windows a mask's hole is painted. */
export function inpaintPasses(
  { config, factor }: Pick<OpenModel, "config" | "factor">,
  mask: EditMask,
  { window = config.trainedSide * factor, padding, whole }: ResolvedEditing,
): WindowPass[] {
  return planWindows(holeOf(mask), mask.width, mask.height, { factor, window, padding, whole });
}

/** Continues a picture beyond its edges by whole numbers of pixels. @throws as {@link inpaint}. */
export async function* outpaint(pipe: OpenModel, options: OutpaintOptions): AsyncGenerator<EditEvent> {
  const { picture: image, mask } = canvasOf("outpaint", withAlpha(options.image), options);
  yield* inpaint(pipe, { ...options, image, mask });
}

/** Brings a picture to another ratio of sides by painting beside it (or above and below). @throws as {@link inpaint}. */
export async function* expand(pipe: OpenModel, options: ExpandOptions): AsyncGenerator<EditEvent> {
  const { picture: image, mask } = canvasOf("expand", withAlpha(options.image), options);
  yield* inpaint(pipe, { ...options, image, mask });
}
