/** Pictures one after another, for work that sees each of them once: memory holds a few, whatever their number. */
import { openNpz } from "../checkpoint/index.ts";
import { type Dataset, DatasetError, type Example, UnlabelledError } from "./dataset.ts";
import { type DecodeOptions, toRgb } from "./decode.ts";
import { arrayOf, arraysOf, labelledRows, type NpzSplit, pictureShape } from "./npz.ts";
import { type DataFormat, type DataPlan, openPlanned, planData } from "./open.ts";
import { ownOrder, readAhead } from "./order.ts";

export interface PictureStream {
  readonly form: DataFormat;
  /** Number of pictures. */
  readonly length: number;
  readonly classes: readonly string[];
  /** The side of the data set's own split; undefined where it has none. */
  readonly split: NpzSplit | undefined;
  labelOf(index: number): number;
  /** All pictures in order. @throws CorruptImageError, CheckpointError naming the picture or the file */
  pictures(): AsyncGenerator<Example, void, undefined>;
  close(): Promise<void>;
}

export interface StreamOptions extends DecodeOptions {
  /** Default: the held-out side where the data set has one with labels, else all. */
  readonly split?: NpzSplit;
}

/** Pictures decoded at the same time. */
const AHEAD = 8;

/** Opens pictures of any form that `openDataset` knows. @throws DatasetError where there are none */
export async function openPictureStream(path: string, options: StreamOptions = {}): Promise<PictureStream> {
  const plan = await planData(path);
  const { form, layout } = plan;
  if (layout.train.kind === "npz" && layout.heldOut === undefined)
    return openNpzStream(layout.train.paths[0]!, options);
  const asked = layout.heldOut === undefined ? undefined : (options.split ?? "held-out");
  const { dataset, split } = await openSide(plan, asked, options);
  return {
    form,
    length: dataset.length,
    classes: dataset.classes,
    split,
    labelOf: (index) => dataset.labelOf(index),
    async *pictures() {
      for (const reading of readAhead(dataset, ownOrder(dataset), AHEAD)) yield await reading;
    },
    close: () => dataset.close(),
  };
}

/** One side, or all; all too where the held-out side was not asked for and nothing in it has a label. */
async function openSide(
  plan: DataPlan,
  split: NpzSplit | undefined,
  options: StreamOptions,
): Promise<{ readonly dataset: Dataset; readonly split: NpzSplit | undefined }> {
  try {
    return { dataset: await openPlanned(plan, { ...options, split: split ?? "all" }), split };
  } catch (error) {
    if (!(error instanceof UnlabelledError) || split !== "held-out" || options.split !== undefined) throw error;
    return openSide(plan, undefined, options);
  }
}

/** An `.npz` file as `openNpzDataset` describes it; pictures are read, or inflated, as they are asked for. */
async function openNpzStream(path: string, options: StreamOptions): Promise<PictureStream> {
  const file = await openNpz(path);
  try {
    const images = arrayOf(file, "images");
    const shape = pictureShape(await images?.header(), path);
    const arrays = await arraysOf(file, ["labels", "split"]);
    const hasSplit = arrays.get("split")?.data.some((side) => Number(side) === 1) === true;
    const split = hasSplit ? (options.split ?? "held-out") : undefined;
    const { labels, classes, rows } = await labelledRows(arrays, shape.count, path, { split: split ?? "all" });
    const { width, height, channels } = shape;
    const size = width * height * channels;
    return {
      form: "npz",
      length: rows.length,
      classes,
      split,
      labelOf: (index) => labels[rows[index]!]!,
      async *pictures() {
        let row = 0;
        let next = 0;
        for await (const bytes of pieces(images!.chunks(), size)) {
          if (row === rows[next]) {
            const image = { width, height, data: toRgb(bytes, channels) };
            yield { image, label: labels[row]!, name: `${path}[${row}]` };
            next++;
          }
          row++;
        }
        if (next < rows.length) throw new DatasetError(path, `${rows.length} pictures`, next);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Pieces of any length cut into ones of `size` bytes; each is a copy. */
async function* pieces(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  let piece = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(size - filled, chunk.length - at);
      piece.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < size) continue;
      yield piece;
      piece = new Uint8Array(size);
      filled = 0;
    }
  }
}
