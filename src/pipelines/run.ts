/** One way out: any task as a run, and a run's events as pictures for files, replies and pages. */
import {
  encodePng,
  type RgbaImage,
  type RgbImage,
  type SettingsRecord,
  settingsText,
  withoutOpaqueAlpha,
} from "../image/index.ts";
import { gridTokens } from "../sampling/index.ts";
import type { EditOptions } from "./edit.ts";
import type { FlexVARPipeline, ScaleEvent } from "./flexvar.ts";
import type { EditEvent } from "./model.ts";
import type { PictureInfo } from "./pictures.ts";
import type { GenerateOptions } from "./resolve.ts";
import { computedBy, type EditRecord, pictureSettings, type RunRecord, runSettings } from "./settings.ts";
import { thinned, thinning } from "./thin.ts";

/** An edit with the picture that is painted on; outpaint and expand come as the widened picture and the mask of what is new. */
export type EditRun = EditRecord & { readonly options: EditOptions };

/** What settings record of a run, and all else that it takes. */
export type TaskRun = Exclude<RunRecord, EditRecord> | EditRun;

export type RunEvent = ScaleEvent | EditEvent;

/** One picture at one scale. */
export interface RunPicture {
  /** Its number among the run's pictures. */
  readonly number: number;
  readonly info: PictureInfo;
  /** With an alpha channel only where something is transparent. */
  readonly image: RgbImage | RgbaImage;
  /** Settings of the finished picture; nothing before. */
  readonly settings?: SettingsRecord | undefined;
  /** Tokens drawn for it so far. */
  readonly tokens: number;
}

/** One event of a run, with those of its pictures that are shown. */
export interface RunStep<E extends RunEvent = RunEvent> {
  readonly event: E;
  /** Number of its step and steps in all: scales of a run in one window, else windows. */
  readonly step: number;
  readonly steps: number;
  readonly isLast: boolean;
  readonly pictures: readonly RunPicture[];
}

export interface RunOptions {
  /** Scales whose pictures are wanted beside the last; `"every"`: those of all windows, in full size. */
  readonly shown: ShownScales | "every";
  readonly signal?: AbortSignal | undefined;
  /** Of an edit that works on a part of a photograph, the finished pictures are that part at the size that was worked on (`event.cropped`). */
  readonly patches?: boolean | undefined;
  /** Most pictures side by side, in place of the run's own. */
  readonly batchSize?: number | undefined;
}

/** Carries a run out. @throws OptionError for bad options; the signal's reason when aborted. */
export async function* runSteps(
  pipe: FlexVARPipeline,
  run: TaskRun,
  { shown, signal, batchSize, patches = false }: RunOptions,
): AsyncGenerator<RunStep> {
  const settings = runSettings(pipe.config, run, computedBy(pipe.networks));
  const isEvery = shown === "every";
  yield* stepsOf(startRun(pipe, run, { signal, ...(batchSize !== undefined && { batchSize }) }), {
    isShown: (event) => isEvery || shownEvent(event, shown).isShown,
    settingsOf: (picture) => pictureSettings(settings, picture),
    longest: isEvery ? Number.POSITIVE_INFINITY : pipe.config.trainedSide * pipe.factor,
    patches,
  });
}

/** The events of a run. */
function startRun(
  pipe: FlexVARPipeline,
  run: TaskRun,
  more: Pick<GenerateOptions, "signal" | "batchSize">,
): AsyncGenerator<RunEvent> {
  if (run.task === "generate") return pipe.generate({ ...run.options, ...more });
  if (run.task === "generate-large") return pipe.generateLarge({ ...run.options, ...more });
  const { options, mask, size } = run;
  return mask === undefined ? pipe.refine({ ...options, ...more, size }) : pipe.inpaint({ ...options, ...more, mask });
}

/** Which pictures of events are decoded, and what they say. */
export interface PictureRules {
  /** Whether a row's picture is shown before the last. */
  isShown(event: RunEvent, row: number): boolean;
  /** Settings of a finished picture. */
  settingsOf(picture: PictureInfo, row: number): SettingsRecord;
  /** Longest side, pixels, of what shows how a run in windows stands. */
  readonly longest?: number | undefined;
  /** See {@link RunOptions.patches}. */
  readonly patches?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Events with their pictures. */
export async function* stepsOf<E extends RunEvent>(
  events: AsyncIterable<E>,
  { isShown, settingsOf, longest = 0, patches = false, signal }: PictureRules,
): AsyncGenerator<RunStep<E>> {
  /** Tokens drawn so far for each picture of a batch, by the batch's first. */
  const drawn = new Map<number, number>();
  for await (const event of events) {
    const { first, isLast } = event;
    const tokens = (drawn.get(first) ?? 0) + gridTokens(event.grid);
    drawn.set(first, tokens);
    const rows = event.pictures.map((_, row) => row).filter((row) => isLast || isShown(event, row));
    const images = await imagesOf(event, rows, { longest, patches, signal });
    const pictures = rows.map((row, i): RunPicture => {
      const info = event.pictures[row]!;
      return {
        number: first + row,
        info,
        image: images[i]!,
        settings: isLast ? settingsOf(info, row) : undefined,
        tokens,
      };
    });
    const { step, steps } = shownEvent(event, "all");
    yield { event, step, steps, isLast, pictures };
  }
}

async function imagesOf(
  event: RunEvent,
  rows: readonly number[],
  { longest = 0, patches = false, signal }: Omit<PictureRules, "isShown" | "settingsOf">,
): Promise<(RgbImage | RgbaImage)[]> {
  if (rows.length === 0) return [];
  if ("images" in event) {
    const isPatch = patches && event.isLast && event.cropped !== undefined;
    const images = isPatch ? await event.cropped.patches() : await shownPictures(event, longest);
    return rows.map((row) => withoutOpaqueAlpha(images[row]!));
  }
  const images: RgbImage[] = [];
  for (const row of rows) {
    signal?.throwIfAborted();
    images.push(await event.picture(row));
  }
  return images;
}

/** A picture as a file: the finished one with its settings. */
export const pngOf = ({ image, settings }: Pick<RunPicture, "image" | "settings">): Uint8Array =>
  encodePng(image, settings && settingsText(settings));

/** How many scales are shown before the last. */
export type ShownScales = number | "all";

/** Windows that are shown of a run of many at most. */
const MOST_WINDOWS_SHOWN = 16;
/** Longest side, pixels, of a picture that shows how a run in windows stands; the trained side where that is longer. */
const PREVIEW_SIDE = 256;

/** Of `total` scales the numbers of those that `shown` asks for, evenly chosen, without the last. */
export function shownScales(shown: ShownScales, total: number): number[] {
  const most = total - 1;
  const count = shown === "all" ? most : Math.min(shown, most);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 1) * most) / count) - 1);
}

/** Where an event stands among those that may be shown. */
export interface ShownEvent {
  /** Number of its step and steps in all: scales of a run in one window, else windows. */
  readonly step: number;
  readonly steps: number;
  readonly isShown: boolean;
}

/** Where an event stands in its run; in one window where none is told. */
export type PlacedEvent = Pick<EditEvent, "index" | "total" | "isLast"> &
  Partial<Pick<EditEvent, "window" | "windows">>;

/**
 * Whether the pictures of an event are shown. In one window every scale may be. A run in many shows windows as they are finished, whose
 * pictures are decoded for the next window anyway, and few of them: a picture for every scale of every window would take most of the run.
 */
export function shownEvent(
  { index, total, window = 0, windows = 1, isLast }: PlacedEvent,
  shown: ShownScales,
): ShownEvent {
  if (windows === 1) return { step: index, steps: total, isShown: isLast || shownScales(shown, total).includes(index) };
  const most = shown === "all" ? MOST_WINDOWS_SHOWN : Math.min(shown, MOST_WINDOWS_SHOWN);
  const isDone = index === total - 1 && shownScales(most, windows).includes(window);
  return { step: window, steps: windows, isShown: isLast || isDone };
}

/** The pictures of a shown event: whole where it is the last or the only window over all of the picture, else reduced by a whole number. */
export async function shownPictures(event: EditEvent, trainedPixels: number): Promise<readonly RgbaImage[]> {
  const longest = Math.max(PREVIEW_SIDE, trainedPixels);
  if (event.cropped !== undefined && !event.isLast) return event.cropped.reduced(longest);
  const images = await event.images();
  if (event.isLast || event.windows === 1) return images;
  return images.map((image) => thinned(image, thinning(image, longest)));
}
