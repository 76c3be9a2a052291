/** The one loop of editing and of drawing in windows: passes over pictures, batch after batch. */
import type { View, WindowPass } from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import type { RgbaImage, RgbImage } from "../image/index.ts";
import type { ResolvedEditing, ResolvedSampling } from "../options/index.ts";
import { likeliest, variantsFor } from "./best-of.ts";
import { type ClassChoice, classesOf } from "./guess.ts";
import type { EditEvent, OpenModel, ScaleTokens } from "./model.ts";
import { type PictureInfo, picturesOf } from "./pictures.ts";
import type { GenerateOptions } from "./resolve.ts";
import { type PictureRow, pictureRow } from "./sample.ts";

/** A batch of pictures as it stands before a pass. */
export interface PassBatch {
  readonly rows: readonly PictureRow[];
  /** One a row; rows that still share one hold the same object. */
  readonly pictures: readonly RgbImage[];
  /** What is still to paint, [H, W] of the whole picture. */
  readonly hole: Uint8Array;
  readonly signal: AbortSignal | undefined;
}

/** One finished scale of a pass. */
export interface PassScale extends ScaleTokens {
  /** The pictures as this scale has them. */
  paint(): Promise<readonly RgbImage[]>;
}

/** One pass over pictures: some scales are sampled and painted. */
export interface Pass {
  readonly window: WindowPass;
  /** Scales that it yields. */
  readonly total: number;
  sample(batch: PassBatch): AsyncIterable<PassScale>;
}

/** What is painted, with every setting decided. */
export interface Painting {
  readonly passes: readonly Pass[];
  /** Decides seed and count. */
  readonly sampling: ResolvedSampling;
  readonly editing: ResolvedEditing;
  /** The picture as the model may see it, and what of it is to paint. */
  readonly start: View;
  /** What a class is guessed from, where not from the start. */
  readonly guessFrom?: View | undefined;
  /** The result from a painted picture. */
  finish(picture: RgbImage): RgbaImage;
}

export interface PaintOptions extends Pick<GenerateOptions, "signal" | "batchSize" | "firstIndex"> {
  /** Class ids or names; `"auto"` (by default): the model's best guess; `"none"`: no class. */
  readonly classLabels?: ClassChoice | undefined;
}

/** Variants side by side by default. */
export const VARIANTS = 4;

/** @throws OptionError where it is no number of pictures. */
export function checkBatch(batchSize: number): number {
  if (Number.isInteger(batchSize) && batchSize >= 1) return batchSize;
  throw new OptionError("batchSize", "a whole number of at least 1", batchSize);
}

/** Paints all passes for all variants, batch after batch; where the best of several are asked for, these once more as the last. */
export async function* paint(pipe: OpenModel, options: PaintOptions, painting: Painting): AsyncGenerator<EditEvent> {
  const { classLabels = "auto", signal, firstIndex, batchSize = VARIANTS } = options;
  const { start, guessFrom = start, editing, sampling } = painting;
  checkBatch(batchSize);
  const { seed, count } = sampling;
  const variants = variantsFor(editing.bestOf, count);
  const picks = await classesOf(pipe, classLabels, guessFrom, signal);
  const infos = picturesOf(pipe.config, { seed, count: variants }, picks, firstIndex);
  const events = paintBatches(infos, painting, batchSize, signal);
  if (editing.bestOf === undefined) yield* events;
  else yield* likeliest(pipe, events, count, signal);
}

async function* paintBatches(
  infos: readonly PictureInfo[],
  { passes, sampling, start, finish }: Painting,
  batchSize: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<EditEvent> {
  const windows = passes.length;
  for (let first = 0; first < infos.length; first += batchSize) {
    const pictures = infos.slice(first, first + batchSize);
    const hole = Uint8Array.from(start.hole);
    let states: readonly RgbImage[] = pictures.map(() => start.picture);
    for (const [window, { window: pass, total, sample }] of passes.entries()) {
      // Streams begin anew at every pass.
      const rows = pictures.map((picture) => pictureRow(sampling.seed, picture));
      let painted = async (): Promise<readonly RgbImage[]> => states;
      let index = 0;
      for await (const { grid, tokens, paint } of sample({ rows, pictures: states, hole, signal })) {
        painted = once(paint);
        const now = painted;
        const isLast = window === windows - 1 && index === total - 1;
        const images = async () => (await now()).map(finish);
        yield { index, total, grid, tokens, window, windows, pass, isLast, pictures, first, images };
        index++;
      }
      states = await painted();
      if (!pass.draft) clearHole(hole, start.picture.width, pass);
    }
  }
}

/** An action whose result is kept. */
export function once<T>(action: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= action();
    return result;
  };
}

function clearHole(hole: Uint8Array, width: number, { paste }: WindowPass): void {
  for (let y = paste.top; y < paste.top + paste.height; y++)
    hole.fill(0, y * width + paste.left, y * width + paste.left + paste.width);
}
