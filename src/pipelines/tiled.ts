/** Pictures drawn in tiles, for they are too large for one window: a picture of the trained size, enlarged level by level, each level drawn in windows that share one grid. */

import { type Level, plainMask, planWindows, resizeRgb, tiledLevels } from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import {
  cropRgb,
  MAX_IMAGE_SIDE,
  type PixelRect,
  planarToRgb,
  type RgbaImage,
  type RgbImage,
  withAlpha,
} from "../image/index.ts";
import {
  parseSampling,
  pickEditing,
  type ResolvedEditing,
  type ResolvedSampling,
  resolveEditing,
  type SamplingInput,
} from "../options/index.ts";
import type { EditOptions } from "./edit.ts";
import { drawLevel } from "./level.ts";
import type { EditEvent, OpenModel, ScaleTokens } from "./model.ts";
import { type Pass, type PassBatch, paint } from "./passes.ts";
import { pickSampling, resolvePlan } from "./resolve.ts";
import { sampleScales } from "./sample.ts";
import { windowPasses } from "./window-pass.ts";

export interface LargeOptions extends Omit<EditOptions, "image" | "classLabels"> {
  readonly classLabels: readonly (number | string)[];
  /** Width and height, pixels. */
  readonly size: readonly [width: number, height: number];
}

/**
 * The options of pictures in windows, from those of sampling.
 * @param words what the caller calls the windows, the option for steps, and the list of scales that it excludes
 * @throws OptionError where there is no size, or a list of scales.
 */
export function largeOptions(
  { classLabels = [], size: asked, scales, ...sampling }: SamplingInput,
  words: { readonly windows: string; readonly steps: string; readonly scales: string },
): LargeOptions {
  const { size } = parseSampling({ size: asked });
  if (size === undefined) throw new OptionError("size", `the size to draw with ${words.windows}`, "none");
  if (scales !== undefined) throw new OptionError("scales", `${words.steps} with ${words.windows}`, words.scales);
  return { ...sampling, classLabels, size };
}

/** Largest side that is drawn at once, in windows. */
const MOST_WHOLE = 2;

/** Whether a size is drawn at once even where windows of such a side are asked for. */
export const isDrawnWhole = (
  size: readonly number[],
  window: number,
  { whole }: Pick<ResolvedEditing, "whole">,
): boolean => whole || size.every((side) => side <= MOST_WHOLE * window);

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
  const window = editing.window ?? trained;
  if (isDrawnWhole(options.size, window, editing)) {
    const blank = { data: new Uint8Array(3 * width * height).fill(255), width, height };
    const { data: hole } = plainMask(width, height, 1);
    const windows = planWindows(hole, width, height, { factor: pipe.factor, window: trained, whole: true });
    const start = { picture: blank, hole };
    yield* paint(pipe, options, {
      ...windowPasses(pipe, options, editing, windows),
      editing,
      start,
      finish: withAlpha,
    });
    return;
  }
  const levels = tiledLevels(width, height, {
    factor: pipe.factor,
    window,
    padding: editing.padding,
  });
  const [draft, finest] = [levels[0]!, levels.at(-1)!];
  const sampling = resolvePlan(pipe.config, { ...pickSampling(options), size: [draft.width, draft.height] });
  const rect = { left: 0, top: 0, width, height };
  const finish = (picture: RgbImage): RgbaImage => {
    const { width: w, height: h } = finest;
    return withAlpha(cropRgb(picture.width === w && picture.height === h ? picture : resizeRgb(picture, w, h), rect));
  };
  const passes = levelPasses(pipe, levels, rect, sampling);
  const start = { picture: { data: new Uint8Array(3).fill(255), width: 1, height: 1 }, hole: Uint8Array.of(1) };
  yield* paint(pipe, { ...options, batchSize: 1 }, { passes, sampling, editing, start, finish });
}

/** Levels as passes over one picture: the first is drawn whole, each other one over the picture before it. */
function levelPasses(
  pipe: OpenModel,
  levels: readonly Level[],
  rect: PixelRect,
  sampling: ResolvedSampling,
): readonly Pass[] {
  return levels.map((level, number): Pass => {
    const { width, height, zoom } = level;
    const isFirst = number === 0;
    const scalesOf = ({ rows, pictures, signal }: PassBatch): AsyncIterable<ScaleTokens> => {
      if (isFirst) return sampleScales(pipe.networks, { ...sampling, rows, signal });
      const random = rows[0]!.random.split(`level ${number}`);
      return drawLevel(pipe, resizeRgb(pictures[0]!, width, height), level, { sampling, random, signal });
    };
    return {
      window: {
        rect,
        work: { width, height },
        paste: rect,
        draft: number < levels.length - 1,
        ...(!isFirst && { zoom }),
      },
      total: isFirst ? sampling.plan.grids.length : level.scales.length,
      async *sample(batch) {
        for await (const { grid, tokens } of scalesOf(batch))
          yield { grid, tokens, paint: async () => [planarToRgb(await pipe.decode({ grid, tokens }))] };
      },
    };
  });
}
