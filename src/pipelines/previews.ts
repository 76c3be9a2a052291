/** Pictures on the way: which scales are shown, and how large. */
import type { RgbaImage } from "../image/index.ts";
import type { EditEvent } from "./edit-event.ts";

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

/** The pictures of a shown event: whole where it is the last or the only window, else reduced by a whole number. */
export async function shownPictures(event: EditEvent, trainedPixels: number): Promise<readonly RgbaImage[]> {
  const images = await event.images();
  if (event.isLast || event.windows === 1) return images;
  return images.map((image) => reduced(image, Math.max(PREVIEW_SIDE, trainedPixels)));
}

/** Every k-th pixel of every k-th row, so that no side is over `longest`. */
function reduced(image: RgbaImage, longest: number): RgbaImage {
  const k = Math.ceil(Math.max(image.width, image.height) / longest);
  if (k <= 1) return image;
  const [width, height] = [Math.ceil(image.width / k), Math.ceil(image.height / k)];
  const from = new Uint32Array(Uint8Array.from(image.data).buffer);
  const to = new Uint32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) to[y * width + x] = from[y * k * image.width + x * k]!;
  return { data: new Uint8Array(to.buffer), width, height };
}
