/** Photographs that keep their original: the page's side of the worker that decodes and writes them. */
import { startPhotoWorker } from "../state/place.ts";
import type { Patch, PhotoAnswer, PhotoOrder, PhotoView, ShownPhoto } from "./messages.ts";

/** A photograph's file, and what was painted into it. */
export interface Photo {
  readonly file: Blob;
  /** Upright. */
  readonly width: number;
  readonly height: number;
  /** Oldest first. */
  readonly patches: readonly Patch[];
}

let worker: Worker | undefined;
let last = 0;
const numbers = new WeakMap<Blob, number>();

/** Whether this browser decodes such a file without a canvas. */
export async function isPhotoFile(file: Blob): Promise<boolean> {
  return "ImageDecoder" in globalThis && (await ImageDecoder.isTypeSupported(file.type).catch(() => false));
}

/** Opens a photograph, with what is shown of it: at most so many pixels a side. @throws Error in words. */
export async function openPhoto(file: Blob, most: number): Promise<{ photo: Photo; shown: ImageBitmap }> {
  const { width, height, shown } = await show({ file, patches: [] }, most);
  return { photo: { file, width, height, patches: [] }, shown };
}

/** What is shown of a photograph with what was painted into it. @param most pixels of a side */
export const shownOf = async (photo: Photo, most: number): Promise<ImageBitmap> => (await show(photo, most)).shown;

type Content = Pick<Photo, "file" | "patches">;

const shownContents = new WeakMap<ImageBitmap, { readonly content: Content; readonly most: number }>();

async function show(content: Content, most: number): Promise<ShownPhoto> {
  const answer = (await ask({ kind: "show", most }, content)) as ShownPhoto;
  shownContents.set(answer.shown, { content, most });
  return answer;
}

/** A PNG of a bitmap that this file gave: the page would be held up by making one. Undefined for others. */
export async function fileOfShown(shown: ImageBitmap): Promise<Blob | undefined> {
  const known = shownContents.get(shown);
  return known && ((await ask({ kind: "showFile", most: known.most }, known.content)) as Blob);
}

type Without<T> = T extends unknown ? Omit<T, "file" | "number" | "patches"> : never;

/** A part of the photograph as the model sees it. */
export const viewOf = (
  photo: Photo,
  order: Omit<Without<Extract<PhotoOrder, { kind: "view" }>>, "kind">,
): Promise<PhotoView> => ask({ kind: "view", ...order }, photo) as Promise<PhotoView>;

/** The whole photograph as a PNG without loss. @param keepsRecords whether with what the camera wrote; never with its thumbnail. */
export const exportPhoto = (photo: Photo, keepsRecords: boolean): Promise<Blob> =>
  ask({ kind: "export", keepsRecords }, photo) as Promise<Blob>;

function ask(order: Without<PhotoOrder>, { file, patches }: Content): Promise<unknown> {
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
    own.postMessage({ ...order, file, number, patches }, [port2]);
  });
}
