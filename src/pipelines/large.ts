/** Pictures too large for one window: a picture of the trained size, enlarged level by level, each level drawn in windows that share one grid. */

import { largeLevels, plainMask, planWindows, resizeRgb } from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import { cropRgb, MAX_IMAGE_SIDE, planarToRgb, type RgbImage, withAlpha } from "../image/index.ts";
import { pickEditing, resolveEditing } from "../options/index.ts";
import { imageStream } from "../sampling/index.ts";
import { likeliest, variantsFor } from "./best-of.ts";
import { classesOf } from "./class-choice.ts";
import { type EditOptions, paintPasses, pickSampling } from "./edit.ts";
import type { EditEvent } from "./edit-event.ts";
import { drawLevel } from "./level.ts";
import type { OpenModel } from "./model.ts";
import { type PictureInfo, picturesOf } from "./pictures.ts";
import { resolvePlan } from "./resolve.ts";
import { pictureRow, sampleScales } from "./sample.ts";

export interface LargeOptions extends Omit<EditOptions, "image" | "classLabels"> {
  readonly classLabels: readonly (number | string)[];
  /** Width and height, pixels. */
  readonly size: readonly [width: number, height: number];
}

/** Largest side that is drawn at once, in trained sides. */
export const MOST_WHOLE = 2;

/**
 * Draws pictures of any size the better way. Up to twice the trained side, and with `whole`, as `generate` does. Beyond that a picture of the
 * trained size (shorter side) is drawn first and enlarged level by level, at most twofold: each level is enlarged, encoded, and
 * its finer scales drawn anew in windows of the trained size (`window`) that overlap by `padding` on every side, have no class, and share one token grid.
 * No window then exceeds what the model was trained on, and the decoder sees one grid: there are no seams.
 * `guidance` and `greedy` are the first picture's; filters and forbidden codes hold for all.
 * @throws OptionError for bad options; the signal's reason when aborted.
 */
export async function* generateLarge(pipe: OpenModel, options: LargeOptions): AsyncGenerator<EditEvent> {
  const [width, height] = options.size;
  for (const side of options.size)
    if (!Number.isInteger(side) || side < 1 || side > MAX_IMAGE_SIDE)
      throw new OptionError("size", `whole sides from 1 to ${MAX_IMAGE_SIDE}`, `${width}x${height}`);
  const editing = resolveEditing(pickEditing({ ...options }));
  const trained = pipe.config.trainedSide * pipe.factor;
  const most = MOST_WHOLE * (editing.window ?? trained);
  if (editing.whole || (width <= most && height <= most)) {
    const blank = { data: new Uint8Array(3 * width * height).fill(255), width, height };
    const { data: hole } = plainMask(width, height, 1);
    const passes = planWindows(hole, width, height, { factor: pipe.factor, window: trained, whole: true });
    yield* paintPasses(pipe, options, editing, passes, { picture: blank, hole }, withAlpha);
    return;
  }
  const levels = largeLevels(width, height, {
    factor: pipe.factor,
    window: editing.window ?? trained,
    padding: editing.padding,
  });
  const [draft] = levels;
  const first = resolvePlan(pipe.config, { ...pickSampling(options), size: [draft!.width, draft!.height] });
  const { bestOf } = editing;
  const variants = variantsFor(bestOf, first.count);
  const nothing = { picture: { data: new Uint8Array(3).fill(255), width: 1, height: 1 }, hole: Uint8Array.of(1) };
  const picks = await classesOf(pipe, options.classLabels, nothing, options.signal);
  const infos = picturesOf(pipe.config, { seed: first.seed, count: variants }, picks, options.firstIndex);
  const events = drawAll();
  if (bestOf === undefined) yield* events;
  else yield* likeliest(pipe, events, first.count, options.signal);

  async function* drawAll(): AsyncGenerator<EditEvent> {
    for (const [index, info] of infos.entries()) yield* drawOne(index, info);
  }

  async function* drawOne(number: number, info: PictureInfo): AsyncGenerator<EditEvent> {
    const { signal } = options;
    const windows = levels.length;
    const finest = levels.at(-1)!;
    const rect = { left: 0, top: 0, width, height };
    const finished = (picture: RgbImage): RgbImage => {
      const { width: w, height: h } = finest;
      return cropRgb(picture.width === w && picture.height === h ? picture : resizeRgb(picture, w, h), rect);
    };
    const row = pictureRow(first.seed, info);
    let picture: RgbImage | undefined;
    for (const [window, level] of levels.entries()) {
      const work = { width: level.width, height: level.height };
      const draft = window < windows - 1;
      const pass = { rect, work, paste: rect, draft, ...(window > 0 && { zoom: level.zoom }) };
      const stream = imageStream(first.seed, info.classId, info.indexWithinClass).split(`level ${window}`);
      const scales =
        picture === undefined
          ? sampleScales(pipe.networks, { ...first, rows: [row], signal })
          : drawLevel(pipe, resizeRgb(picture, level.width, level.height), level, {
              sampling: first,
              random: stream,
              signal,
            });
      const total = picture === undefined ? first.plan.grids.length : level.scales.length;
      let decode: (() => Promise<RgbImage>) | undefined;
      let index = 0;
      for await (const { grid, tokens } of scales) {
        let decoded: Promise<RgbImage> | undefined;
        const image = (): Promise<RgbImage> => {
          decoded ??= pipe.decode({ grid, tokens }).then((planes) => planarToRgb(planes));
          return decoded;
        };
        decode = image;
        const isLast = !draft && index === total - 1;
        const images = async () => [withAlpha(finished(await image()))];
        yield { index, total, grid, tokens, window, windows, pass, isLast, pictures: [info], first: number, images };
        index++;
      }
      picture = await decode!();
    }
  }
}
