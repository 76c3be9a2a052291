/** Parts of documents as bytes and back. Encoded once: nothing that a document holds is changed in place. */
import { fileOfShown } from "../photo/photo.ts";
import { newId } from "../state/ids.ts";
import { pngOf } from "./encoder.ts";
import type { PartContent, PartKind } from "./pack.ts";

const ids = new WeakMap<PartContent, string>();
/** Files that bitmaps were read from. */
const sources = new WeakMap<ImageBitmap, Blob>();

/** The id of a part, given when it is first asked for. */
export function partId(content: PartContent): string {
  const id = ids.get(content) ?? newId();
  ids.set(content, id);
  return id;
}

/** @throws Error where the browser cannot encode a picture (too large for it). */
export async function encodePart(content: PartContent): Promise<Blob> {
  if (content instanceof Blob) return content;
  if (content instanceof Uint8Array) return new Blob([content]);
  const file = content instanceof ImageBitmap && (sources.get(content) ?? (await fileOfShown(content)));
  return file || pngOf(content);
}

/** @throws Error in words where a canvas's file is no picture. */
export async function decodePart(id: string, kind: PartKind, file: Blob): Promise<PartContent> {
  const content = await contentOf(kind, file);
  ids.set(content, id);
  return content;
}

async function contentOf(kind: PartKind, file: Blob): Promise<PartContent> {
  switch (kind) {
    case "blob":
      return file;
    case "bytes":
      return new Uint8Array(await file.arrayBuffer());
    case "bitmap": {
      const bitmap = await bitmapOf(file);
      sources.set(bitmap, file);
      return bitmap;
    }
    case "canvas":
      return canvasOf(file);
  }
}

const DAMAGED = "A picture in the document is damaged or too large.";
/** Most pixels of a canvas; a file says how many it holds before it is decoded. */
const MOST_PIXELS = 100_000_000;
/** Bytes of a PNG up to its width and height. */
const PNG_HEAD = 24;

async function bitmapOf(file: Blob): Promise<ImageBitmap> {
  const head = new DataView(await file.slice(0, PNG_HEAD).arrayBuffer());
  const isPng = head.byteLength === PNG_HEAD && head.getUint32(0) === 0x89504e47;
  if (!isPng || head.getUint32(16) * head.getUint32(20) > MOST_PIXELS) throw new Error(DAMAGED);
  return createImageBitmap(file).catch((error: unknown) => {
    throw new Error(DAMAGED, { cause: error });
  });
}

async function canvasOf(file: Blob): Promise<HTMLCanvasElement> {
  const bitmap = await bitmapOf(file);
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d", { willReadFrequently: true })!.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}
