/** Higher resolution: refining a small picture. */

import { plainMask, planWindows, resizeRgb, type WindowPass } from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import { flattenAlpha, isOpaque, MAX_IMAGE_SIDE, type RgbaImage, type RgbImage, withAlpha } from "../image/index.ts";
import { pickEditing, type ResolvedEditing, resolveEditing } from "../options/index.ts";
import type { PixelSize } from "../sampling/index.ts";
import type { EditOptions } from "./edit.ts";
import { type EditEvent, WHITE } from "./edit-event.ts";
import type { OpenModel } from "./model.ts";
import { paint } from "./passes.ts";
import { windowPasses } from "./window-pass.ts";

export interface RefineOptions extends EditOptions {
  /** Width and height of the result, pixels; not smaller than the picture. */
  readonly size: readonly [width: number, height: number];
}

/** Largest side that is refined in one window by default, in trained sides. */
const MOST_WHOLE = 2;

/** Share of the scales that is drawn anew by default. */
const STRENGTH = 0;

/**
 * Draws a picture at a higher resolution. It is enlarged (bicubic) and encoded; its tokens are kept at every scale (`strength` 0, by default: the
 * decoder alone sharpens it), or the finest share `strength` of the scales is sampled, but for grids up to the picture's own
 * size. What the result adds is only finer than the picture's own pixels: reduced to their size it is the picture again (back-projection, Irani and Peleg
 * 1991). Beyond twice the window's side (the trained size by default) it is done in windows.
 * @throws OptionError for bad options; the signal's reason when aborted.
 */
export async function* refine(pipe: OpenModel, options: RefineOptions): AsyncGenerator<EditEvent> {
  const original = withAlpha(options.image);
  const [width, height] = options.size;
  for (const [side, own] of [
    [width, original.width],
    [height, original.height],
  ] as const)
    if (!Number.isInteger(side) || side < own || side > MAX_IMAGE_SIDE)
      throw new OptionError(
        "size",
        `whole sides from the picture's own ${original.width}x${original.height} to ${MAX_IMAGE_SIDE}`,
        `${width}x${height}`,
      );
  const given = resolveEditing(pickEditing({ ...options }));
  const editing = { ...given, strength: given.strength ?? STRENGTH };
  const enlarged = resizeRgb(flattenAlpha(original, WHITE), width, height);
  const { hole, passes } = refinePasses(pipe, original, options.size, editing);
  const windows = windowPasses(pipe, options, editing, passes);
  const alpha = isOpaque(original) ? undefined : enlargedAlpha(original, width, height);
  const finish = (picture: RgbImage): RgbaImage => {
    const out = withAlpha(projected(picture, enlarged, original));
    if (alpha !== undefined) for (let i = 0; i < width * height; i++) out.data[4 * i + 3] = alpha.data[3 * i]!;
    return out;
  };
  const guessFrom = { picture: enlarged, hole: new Uint8Array(hole.length) };
  yield* paint(pipe, options, { ...windows, editing, start: { picture: enlarged, hole }, guessFrom, finish });
}

/** What is painted (everything), and in which windows. */
export function refinePasses(
  { config, factor }: Pick<OpenModel, "config" | "factor">,
  original: PixelSize,
  [width, height]: readonly [number, number],
  { window, whole, padding }: Pick<ResolvedEditing, "window" | "whole" | "padding">,
): { hole: Uint8Array; passes: WindowPass[] } {
  const trained = config.trainedSide * factor;
  const most = MOST_WHOLE * trained;
  const hole = plainMask(width, height, 1).data;
  const zoom = Math.max(width / original.width, height / original.height);
  const passes = planWindows(hole, width, height, {
    factor,
    window: window ?? trained,
    padding,
    whole: whole || (window === undefined && width <= most && height <= most),
  })
    .filter(({ draft }) => !draft)
    .map((pass): WindowPass => ({ ...pass, zoom }));
  return { hole, passes };
}

/** The enlarged picture with what is finer than the original's pixels of another; at the original's own size the other itself. */
function projected(picture: RgbImage, enlarged: RgbImage, { width, height }: RgbaImage): RgbImage {
  if (picture.width === width && picture.height === height) return picture;
  const coarse = resizeRgb(resizeRgb(picture, width, height), picture.width, picture.height);
  const data = enlarged.data.map((value, i) => Math.min(255, Math.max(0, value + picture.data[i]! - coarse.data[i]!)));
  return { ...picture, data };
}

function enlargedAlpha({ data, width, height }: RgbaImage, toWidth: number, toHeight: number): RgbImage {
  const grey = Uint8Array.from({ length: width * height * 3 }, (_, i) => data[4 * Math.floor(i / 3) + 3]!);
  return resizeRgb({ data: grey, width, height }, toWidth, toHeight);
}
