/** Photographs that keep their original: the page's side of the worker that decodes and writes them. */
import { startPhotoWorker } from "../state/place.ts";
import type { OpenedPhoto, Patch, PhotoAnswer, PhotoOrder, PhotoView } from "./messages.ts";

/** A photograph's file, and what was painted into it. */
export interface Photo {
  readonly file: Blob;
  /** Upright. */
  readonly width: number;
  readonly height: number;
  /** Oldest first. */
  readonly patches: readonly Patch[];
}

/** Most pixels of a photograph. */
const MOST_PIXELS = 100_000_000;

let worker: Worker | undefined;
let last = 0;
const numbers = new WeakMap<Blob, number>();

/** Whether this browser decodes such a file without a canvas. */
export async function isPhotoFile(file: Blob): Promise<boolean> {
  return "ImageDecoder" in globalThis && (await ImageDecoder.isTypeSupported(file.type).catch(() => false));
}

/** Decodes a photograph, with what is shown of it: at most so many pixels a side. @throws Error in words. */
export async function openPhoto(file: Blob, most: number): Promise<{ photo: Photo; shown: ImageBitmap }> {
  const { width, height, shown } = (await ask({ kind: "open", most }, file)) as OpenedPhoto;
  if (width * height > MOST_PIXELS)
    throw new Error(`This photo has ${Math.round((width * height) / 1e6)} megapixels; up to 100 can be edited.`);
  return { photo: { file, width, height, patches: [] }, shown };
}

type Without<T> = T extends unknown ? Omit<T, "file" | "number"> : never;

/** A part of the photograph as the model sees it. */
export const viewOf = (
  { file, patches }: Photo,
  order: Omit<Extract<PhotoOrder, { kind: "view" }>, "kind" | "file" | "number" | "patches">,
): Promise<PhotoView> => ask({ kind: "view", patches, ...order }, file) as Promise<PhotoView>;

/** The whole photograph as a PNG without loss. @param keepsRecords whether with what the camera wrote; never with its thumbnail. */
export const exportPhoto = ({ file, patches }: Photo, keepsRecords: boolean): Promise<Blob> =>
  ask({ kind: "export", patches, keepsRecords }, file) as Promise<Blob>;

function ask(order: Without<PhotoOrder>, file: Blob): Promise<unknown> {
  worker ??= startPhotoWorker();
  const number = numbers.get(file) ?? ++last;
  numbers.set(file, number);
  const { port1: port, port2 } = new MessageChannel();
  const own = worker;
  return new Promise((resolve, reject) => {
    const lose = (): void => {
      worker = undefined;
      reject(new Error("The photo's worker stopped; perhaps this device ran out of memory."));
    };
    own.addEventListener("error", lose, { once: true });
    port.onmessage = ({ data }: MessageEvent<PhotoAnswer>) => {
      own.removeEventListener("error", lose);
      port.close();
      if ("failed" in data) reject(new Error(`This photo could not be read: ${data.failed}`));
      else resolve(data.result);
    };
    own.postMessage({ ...order, file, number }, [port2]);
  });
}
