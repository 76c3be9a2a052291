/** What makes pictures: an opened model, in this thread or another. Everything that crosses this line can be posted. */
import type { EditMask } from "../editing/index.ts";
import {
  encodePng,
  type PngText,
  planarToRgb,
  type SettingsRecord,
  settingsText,
  withoutOpaqueAlpha,
} from "../image/index.ts";
import type { Drawing, EditTask } from "../options/index.ts";
import {
  calibrate,
  type EditEvent,
  type EditOptions,
  type FlexVARPipeline,
  type LargeOptions,
  type PictureInfo,
  pictureRow,
  pictureSettings,
  runSettings,
  type ShownScales,
  sampleScales,
  shownEvent,
  shownPictures,
  type WorkRate,
} from "../pipelines/index.ts";
import type { ClassMix } from "../pretrained/index.ts";
import { gridTokens } from "../sampling/index.ts";

/** One picture of a batch; rows of one batch may come from several requests. */
export interface DrawRow {
  readonly seed: number;
  readonly classId: number;
  readonly label: string | undefined;
  readonly mix: ClassMix | undefined;
  readonly indexWithinClass: number;
  /** Scales whose picture is wanted; the last always is. */
  readonly shown: readonly number[];
  /** Texts of the finished PNG. */
  readonly text: PngText;
}

/** Pictures that are drawn side by side, with everything but class and seed in common. */
export interface DrawBatch {
  readonly sampling: Drawing;
  readonly rows: readonly DrawRow[];
}

/** An image-to-image task; outpaint and expand come as the widened picture and the mask of what is new. */
export interface EditWork {
  readonly task: EditTask;
  readonly options: Omit<EditOptions, "signal">;
  /** What to repaint; undefined for refine. */
  readonly mask: EditMask | undefined;
  /** Size of the result. */
  readonly size: readonly [width: number, height: number];
  /** What settings say of the picture given and the model. */
  readonly imageHash: string;
  readonly model: string;
}

/** Pictures that are drawn in windows over a coarse one. */
export interface LargeWork {
  readonly task: "generate";
  readonly options: Omit<LargeOptions, "signal">;
  /** Size of the result. */
  readonly size: readonly [width: number, height: number];
  readonly model: string;
}

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
  /** Opens the sessions that drawing takes, and times them. */
  calibrate?(): Promise<Calibration | undefined>;
  /** Resident bytes of the renderer's own process after its last work, where it has one. */
  memoryBytes?(): number;
  dispose(): Promise<void>;
}

/** A renderer in this thread. It owns the pipeline. */
export function localRenderer(pipe: FlexVARPipeline): Renderer {
  return {
    draw: (batch, signal) => draw(pipe, batch, signal),
    edit: (work, shown, signal) => edit(pipe, work, shown, signal),
    async calibrate() {
      // Another device's memory is not this process's.
      if (pipe.runtime.provider !== "cpu") return undefined;
      const rate = await calibrate(pipe.networks);
      return { rate, idleBytes: process.memoryUsage.rss() };
    },
    dispose: () => pipe.dispose(),
  };
}

async function* draw(pipe: FlexVARPipeline, batch: DrawBatch, signal: AbortSignal): AsyncGenerator<MadeScale> {
  const { plan } = batch.sampling;
  const rows = batch.rows.map((row) => pictureRow(row.seed, row));
  const total = plan.grids.length;
  let drawn = 0;
  for await (const scale of sampleScales(pipe.networks, { ...batch.sampling, rows, signal })) {
    const { index, grid, tokens } = scale;
    const isLast = index === total - 1;
    const length = grid[0] * grid[1];
    drawn += length;
    const pictures: MadePng[] = [];
    for (const [at, row] of batch.rows.entries()) {
      if (!isLast && !row.shown.includes(index)) continue;
      signal.throwIfAborted();
      const decoded = await pipe.decode({ grid, tokens: tokens.subarray(at * length, (at + 1) * length) });
      const image = planarToRgb(decoded, 0, isLast ? plan.crop : undefined);
      const { classId, label, indexWithinClass } = row;
      const info = { classId, label, indexWithinClass };
      pictures.push({ at, info, png: encodePng(image, isLast ? row.text : {}), tokens: drawn });
    }
    yield { index, total, isLast, pictures };
  }
}

function edits(pipe: FlexVARPipeline, work: EditWork | LargeWork, signal: AbortSignal): AsyncGenerator<EditEvent> {
  if (work.task === "generate") return pipe.generateLarge({ ...work.options, signal });
  const { options, mask, size } = work;
  return mask === undefined ? pipe.refine({ ...options, size, signal }) : pipe.inpaint({ ...options, mask, signal });
}

function settingsOf(pipe: FlexVARPipeline, work: EditWork | LargeWork): SettingsRecord {
  if (work.task === "generate")
    return runSettings(pipe.config, { task: "generate-large", options: work.options, model: work.model });
  const { task, options, size, mask, imageHash: image, model } = work;
  return runSettings(pipe.config, { task, options, size, mask, image, model });
}

async function* edit(
  pipe: FlexVARPipeline,
  work: EditWork | LargeWork,
  shown: ShownScales,
  signal: AbortSignal,
): AsyncGenerator<MadeScale> {
  const run = settingsOf(pipe, work);
  /** Tokens drawn so far for each picture of a batch, by the batch's first. */
  const drawn = new Map<number, number>();
  for await (const event of edits(pipe, work, signal)) {
    const { first, isLast } = event;
    const tokens = (drawn.get(first) ?? 0) + gridTokens(event.grid);
    drawn.set(first, tokens);
    const { step, steps, isShown } = shownEvent(event, shown);
    const images = isShown ? await shownPictures(event, pipe.config.trainedSide * pipe.factor) : [];
    const pictures = images.map((image, i) => ({
      at: first + i,
      info: event.pictures[i]!,
      png: encodePng(withoutOpaqueAlpha(image), isLast ? settingsText(pictureSettings(run, event.pictures[i]!)) : {}),
      tokens,
    }));
    yield { index: step, total: steps, isLast, pictures };
  }
}
