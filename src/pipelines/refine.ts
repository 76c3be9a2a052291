/** Higher resolution: refining a small picture, and pictures too large for one window, drawn over a shared coarse one. */
import { plainMask, planWindows, resizeRgb, type WindowPass } from "../editing/index.ts";
import { flattenAlpha, isOpaque, type RgbaImage, type RgbImage, withAlpha } from "../image/index.ts";
import { OptionError, pickEditing, resolveEditing } from "../options/index.ts";
import { type EditOptions, paintPasses } from "./edit.ts";
import { type EditEvent, WHITE } from "./edit-event.ts";
import type { FlexVARPipeline } from "./flexvar.ts";

export interface RefineOptions extends EditOptions {
  /** Width and height of the result, pixels; not smaller than the picture. */
  readonly size: readonly [width: number, height: number];
}

/** Largest side that is refined in one window unless told, in trained sides. */
const MOST_WHOLE = 2;

/**
 * Draws a picture at a higher resolution: at every grid up to the picture's own size its tokens are kept (or at as many scales as
 * `strength` leaves), above they are sampled. Beyond twice the window's side (the trained size unless told) it is done in windows.
 * @throws OptionError, RangeError for bad options; the signal's reason when aborted.
 */
export async function* refine(pipe: FlexVARPipeline, options: RefineOptions): AsyncGenerator<EditEvent> {
  const original = withAlpha(options.image);
  const [width, height] = options.size;
  for (const [side, own] of [
    [width, original.width],
    [height, original.height],
  ] as const)
    if (!Number.isInteger(side) || side < own || side > 16384)
      throw new OptionError(
        "size",
        `expected whole sides from the picture's own ${original.width}x${original.height} to 16384, got ${width}x${height}`,
      );
  const editing = resolveEditing(pickEditing({ ...options }));
  const trained = pipe.config.trainedSide * pipe.factor;
  const enlarged = resizeRgb(flattenAlpha(original, WHITE), width, height);
  const whole =
    editing.whole || (editing.window === undefined && width <= MOST_WHOLE * trained && height <= MOST_WHOLE * trained);
  const hole = plainMask(width, height, 1).data;
  const zoom = Math.max(width / original.width, height / original.height);
  const passes = planWindows(hole, width, height, {
    factor: pipe.factor,
    window: editing.window ?? trained,
    padding: editing.padding,
    whole,
  })
    .filter(({ draft }) => !draft)
    .map((pass): WindowPass => {
      const { zoom: _, ...rest } = pass;
      return editing.strength === undefined ? { ...rest, zoom } : rest;
    });
  const alpha = isOpaque(original) ? undefined : enlargedAlpha(original, width, height);
  const finish = (picture: RgbImage): RgbaImage => {
    const out = withAlpha(picture);
    if (alpha !== undefined) for (let i = 0; i < width * height; i++) out.data[4 * i + 3] = alpha.data[3 * i]!;
    return out;
  };
  const all = { picture: enlarged, hole: new Uint8Array(hole.length) };
  yield* paintPasses(pipe, options, editing, passes, { picture: enlarged, hole }, finish, all);
}

function enlargedAlpha({ data, width, height }: RgbaImage, toWidth: number, toHeight: number): RgbImage {
  const grey = Uint8Array.from({ length: width * height * 3 }, (_, i) => data[4 * Math.floor(i / 3) + 3]!);
  return resizeRgb({ data: grey, width, height }, toWidth, toHeight);
}

export interface LargeOptions extends Omit<EditOptions, "image" | "classLabels"> {
  readonly classLabels: readonly (number | string)[];
  /** Width and height, pixels. */
  readonly size: readonly [width: number, height: number];
}

/**
 * Draws pictures of any size the better way: up to twice the trained side as `generate` does; beyond that a coarse picture of the
 * trained size (shorter side) first, then windows of the trained size over it, each taking its coarse scales from that
 * picture and its borders from the windows before. No grid then exceeds what the model was trained on.
 */
export async function* generateLarge(pipe: FlexVARPipeline, options: LargeOptions): AsyncGenerator<EditEvent> {
  const [width, height] = options.size;
  const most = 16384;
  for (const side of options.size)
    if (!Number.isInteger(side) || side < 1 || side > most)
      throw new OptionError("size", `expected whole sides from 1 to ${most}, got ${width}x${height}`);
  const editing = resolveEditing(pickEditing({ ...options }));
  const hole = plainMask(width, height, 1).data;
  const passes = planWindows(hole, width, height, {
    factor: pipe.factor,
    window: editing.window ?? pipe.config.trainedSide * pipe.factor,
    padding: editing.padding,
    whole: editing.whole,
  });
  const start = { picture: { data: new Uint8Array(3 * width * height).fill(255), width, height }, hole };
  yield* paintPasses(pipe, options, editing, passes, start, withAlpha);
}
