/** Repainting parts of pictures: in-painting, and the tasks that reduce to it (paper section 3.4). */

import {
  blendByMask,
  checkMask,
  type EditMask,
  fillHole,
  holeOf,
  type Margins,
  marginsForRatio,
  planWindows,
  type WindowPass,
  widenCanvas,
} from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import { flattenAlpha, type RgbaImage, type RgbImage, withAlpha } from "../image/index.ts";
import {
  type EditingInput,
  pick,
  pickEditing,
  type ResolvedEditing,
  type ResolvedSampling,
  resolveEditing,
  SAMPLING_FIELDS,
  type SamplingInput,
} from "../options/index.ts";
import { mapPerScale } from "../sampling/index.ts";
import { likeliest, variantsFor } from "./best-of.ts";
import { type ClassChoice, classesOf } from "./class-choice.ts";
import { type EditEvent, WHITE } from "./edit-event.ts";
import type { OpenModel } from "./model.ts";
import { type PictureInfo, picturesOf } from "./pictures.ts";
import { transformerOf } from "./programs.ts";
import { checkScores, type GenerateOptions, resolvePlan } from "./resolve.ts";
import { type PictureRow, pictureRow } from "./sample.ts";
import { paintWindow } from "./window-pass.ts";

/** What all image-to-image tasks take beside their picture. */
export interface EditOptions extends Omit<SamplingInput, "size" | "classLabels">, EditingInput {
  /** 8-bit RGB or RGBA. The model sees transparent parts over white. */
  readonly image: RgbImage | RgbaImage;
  /** Class ids or names; `"auto"` (by default): the model's best guess; `"none"`: no class. */
  readonly classLabels?: ClassChoice | undefined;
  /** Stops between scales: the generator throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Most variants side by side. */
  readonly batchSize?: number | undefined;
  /** Number of the first variant of each class; 0 by default. */
  readonly firstIndex?: number | undefined;
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

/** Variants side by side by default. */
export const VARIANTS = 4;

/**
 * Repaints what the mask says. With a class given, nothing under the mask (at 255) reaches any pixel of the result, unless
 * `strength` below 1 asks for it.
 * @throws OptionError for bad options; the signal's reason when aborted.
 */
export async function* inpaint(pipe: OpenModel, options: InpaintOptions): AsyncGenerator<EditEvent> {
  const original = withAlpha(options.image);
  const mask = checkMask(options.mask, original);
  const editing = resolveEditing(pickEditing({ ...options }));
  const passes = inpaintPasses(pipe, mask, editing);
  const picture = flattenAlpha(original, WHITE);
  const hole = holeOf(mask);
  // Below full strength what is under the mask is wanted; otherwise it is gone before anything looks.
  const start = { picture: (editing.strength ?? 1) < 1 ? picture : fillHole(picture, hole, editing.fill), hole };
  const finish = (painted: RgbImage): RgbaImage => blendByMask(original, painted, mask);
  yield* paintPasses(pipe, withGuidance(pipe, options, mask), editing, passes, start, finish);
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
  const { left = 0, right = 0, top = 0, bottom = 0, image, ...rest } = options;
  const { picture, mask } = widenCanvas(withAlpha(image), { left, right, top, bottom });
  yield* inpaint(pipe, { ...rest, image: picture, mask });
}

/** Brings a picture to another ratio of sides by painting beside it (or above and below). @throws as {@link inpaint}. */
export async function* expand(pipe: OpenModel, options: ExpandOptions): AsyncGenerator<EditEvent> {
  const { ratio, ...rest } = options;
  yield* outpaint(pipe, { ...rest, ...marginsForRatio(rest.image, ratio) });
}

/** Where painting starts: the picture as the model may see it, and what of it is still to paint. */
export interface PaintStart {
  readonly picture: RgbImage;
  readonly hole: Uint8Array;
}

const PICKED = [...SAMPLING_FIELDS.filter((name) => name !== "size" && name !== "classLabels"), "signal", "firstIndex"];

/** Sampling options alone, without class and size. */
export const pickSampling = (options: Omit<EditOptions, "image" | "mask">): Omit<GenerateOptions, "classLabels"> =>
  pick(PICKED, options as Readonly<Record<string, unknown>>);

/** Paints all passes for all variants, batch after batch. */
export async function* paintPasses(
  pipe: OpenModel,
  options: Omit<EditOptions, "image">,
  editing: ResolvedEditing,
  passes: readonly WindowPass[],
  start: PaintStart,
  finish: (picture: RgbImage) => RgbaImage,
  guessFrom: PaintStart = start,
): AsyncGenerator<EditEvent> {
  const { signal, firstIndex = 0, batchSize = VARIANTS } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new OptionError("batchSize", "a whole number of at least 1", batchSize);
  // Classes are chosen after every other option has been checked.
  const resolved = passes.map(({ work }) =>
    resolvePlan(pipe.config, { ...pickSampling(options), size: [work.width, work.height] }),
  );
  for (const { plan } of resolved) checkScores(plan, transformerOf(pipe.config).heads);
  const { seed, count } = resolved[0]!;
  const { bestOf } = editing;
  const variants = variantsFor(bestOf, count);
  const picks = await classesOf(pipe, options.classLabels ?? "auto", guessFrom, signal);
  const infos = picturesOf(pipe.config, { seed, count: variants }, picks, firstIndex);
  const events = paintBatches(pipe, { infos, batchSize, passes, resolved, seed, start, finish, editing, signal });
  if (bestOf === undefined) yield* events;
  else yield* likeliest(pipe, events, count, signal);
}

interface Batches {
  readonly infos: readonly PictureInfo[];
  readonly batchSize: number;
  readonly passes: readonly WindowPass[];
  readonly resolved: readonly ResolvedSampling[];
  readonly seed: number;
  readonly start: PaintStart;
  readonly finish: (picture: RgbImage) => RgbaImage;
  readonly editing: ResolvedEditing;
  readonly signal: AbortSignal | undefined;
}

async function* paintBatches(
  pipe: OpenModel,
  { infos, batchSize, passes, resolved, seed, start, finish, editing, signal }: Batches,
): AsyncGenerator<EditEvent> {
  for (let first = 0; first < infos.length; first += batchSize) {
    const pictures = infos.slice(first, first + batchSize);
    const hole = Uint8Array.from(start.hole);
    let states: readonly RgbImage[] = pictures.map(() => start.picture);
    for (const [window, pass] of passes.entries()) {
      const rows = pictures.map((picture): PictureRow => {
        const row = pictureRow(seed, picture);
        return window === 0 ? row : { ...row, random: row.random.split(`window ${window}`) };
      });
      const request = { pass, pictures: states, hole, rows, sampling: resolved[window]!, editing, signal };
      let painted: (() => Promise<readonly RgbImage[]>) | undefined;
      for await (const scale of paintWindow(pipe, request)) {
        painted = scale.painted;
        const { index, total, grid, tokens } = scale;
        const isLast = window === passes.length - 1 && index === total - 1;
        const images = async () => (await scale.painted()).map(finish);
        yield { index, total, grid, tokens, window, windows: passes.length, pass, isLast, pictures, first, images };
      }
      states = await painted!();
      if (!pass.draft) clearHole(hole, start.picture.width, pass);
    }
  }
}

function clearHole(hole: Uint8Array, width: number, { paste }: WindowPass): void {
  for (let y = paste.top; y < paste.top + paste.height; y++)
    hole.fill(0, y * width + paste.left, y * width + paste.left + paste.width);
}
