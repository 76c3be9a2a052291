/** What makes pictures: an opened model, in this thread or another. Everything that crosses this line can be posted. */
import { type SettingsRecord, settingsText } from "../image/index.ts";
import type { Drawing } from "../options/index.ts";
import {
  calibrate,
  type EditRun,
  type FlexVARPipeline,
  type PhotoTarget,
  type PictureInfo,
  photoFile,
  pngOf,
  type RunStep,
  regionOf,
  runSteps,
  type ScaleEvent,
  type ShownScales,
  sampleBatch,
  stepsOf,
  type TaskRun,
  type WorkRate,
} from "../pipelines/node.ts";

/** One picture of a batch; rows of one batch may come from several requests. */
export interface DrawRow {
  readonly info: PictureInfo;
  readonly seed: number;
  /** Scales whose picture is wanted; the last always is. */
  readonly shown: readonly number[];
  /** Settings of the finished PNG. */
  readonly settings: SettingsRecord;
}

/** Pictures that are drawn side by side, with everything but class and seed in common. */
export interface DrawBatch {
  readonly sampling: Drawing;
  readonly rows: readonly DrawRow[];
}

/** Pictures that are drawn side by side of which only the pixels are wanted. */
export interface PixelBatch {
  readonly sampling: Drawing;
  readonly rows: readonly Pick<DrawRow, "info" | "seed">[];
}

/** One finished scale; with the last come the pixels of every picture, uint8 [height, width, 3], in the batch's order. */
export interface PixelScale extends Omit<MadeScale, "pictures"> {
  readonly pixels: readonly Uint8Array[];
}

/** An image-to-image task. */
export type EditWork = EditRun & {
  /** The photograph's own file, where a result is made of its samples. */
  readonly photo?: PhotoTarget | undefined;
};

/** Pictures that are drawn in windows over a coarse one. */
export type LargeWork = Extract<TaskRun, { readonly task: "generate-large" }>;

/** What a renderer's machine does, timed with the model open. */
export interface Calibration {
  readonly rate: WorkRate;
  /** Bytes of the process with its sessions open and nothing running. */
  readonly idleBytes: number;
}

/** A picture of a batch (draw) or a request (edit) by its number there, and how many tokens were drawn for it so far. */
export interface MadePng {
  readonly at: number;
  readonly info: PictureInfo;
  readonly png: Uint8Array;
  readonly tokens: number;
}

/** One finished scale: PNGs of the pictures that show it, by their number in the batch (draw) or the request (edit). */
export interface MadeScale {
  readonly index: number;
  readonly total: number;
  readonly isLast: boolean;
  readonly pictures: readonly MadePng[];
}

/** Makes pictures one call at a time, one event a scale; aborting the signal stops before the next scale. */
export interface Renderer {
  draw(batch: DrawBatch, signal: AbortSignal): AsyncIterable<MadeScale>;
  edit(work: EditWork | LargeWork, shown: ShownScales, signal: AbortSignal): AsyncIterable<MadeScale>;
  /** As `draw`, for sets: no picture before the last scale, and no file is made of it. */
  pixels?(batch: PixelBatch, signal: AbortSignal): AsyncIterable<PixelScale>;
  /** Opens the sessions that drawing takes, and times them. */
  calibrate?(): Promise<Calibration | undefined>;
  /** Resident bytes of the renderer's own process after its last work, where it has one. */
  memoryBytes?(): number;
  /** False once the renderer's own process has died, after which every call fails; true where left out. */
  isAlive?(): boolean;
  dispose(): Promise<void>;
}

/** A renderer in this thread. It owns the pipeline. */
export function localRenderer(pipe: FlexVARPipeline): Renderer {
  return {
    draw: ({ sampling, rows }, signal) =>
      madeScales(
        stepsOf(sampleBatch(pipe, sampling, rows, 0, signal), {
          isShown: ({ index }, row) => rows[row]!.shown.includes(index),
          settingsOf: (_, row) => rows[row]!.settings,
          signal,
        }),
      ),
    edit(work, shown, signal) {
      const photo = "photo" in work ? work.photo : undefined;
      return madeScales(runSteps(pipe, work, { shown, signal, patches: photo !== undefined }), photo);
    },
    pixels: ({ sampling, rows }, signal) => pixelScales(sampleBatch(pipe, sampling, rows, 0, signal)),
    async calibrate() {
      // Another device's memory is not this process's.
      if (pipe.runtime.provider !== "cpu") return undefined;
      const rate = await calibrate(pipe.networks);
      return { rate, idleBytes: process.memoryUsage.rss() };
    },
    dispose: () => pipe.dispose(),
  };
}

async function* madeScales(steps: AsyncIterable<RunStep>, photo?: PhotoTarget): AsyncGenerator<MadeScale> {
  for await (const { event, step, steps: total, isLast, pictures: seen } of steps) {
    const pictures: MadePng[] = [];
    for (const picture of seen) {
      const { number, info, image, settings, tokens } = picture;
      const png =
        photo === undefined || !isLast
          ? pngOf(picture)
          : await photoFile(photo, image, regionOf(event, image), settings === undefined ? {} : settingsText(settings));
      pictures.push({ at: number, info, png, tokens });
    }
    yield { index: step, total, isLast, pictures };
  }
}

async function* pixelScales(events: AsyncIterable<ScaleEvent>): AsyncGenerator<PixelScale> {
  for await (const { index, total, isLast, pictures, picture } of events) {
    const pixels: Uint8Array[] = [];
    if (isLast) for (const row of pictures.keys()) pixels.push((await picture(row)).data);
    yield { index, total, isLast, pixels };
  }
}
