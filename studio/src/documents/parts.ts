/** Parts of documents as bytes and back. Encoded once: nothing that a document holds is changed in place. */
import { newId } from "../state/ids.ts";
import type { PartContent, PartKind } from "./pack.ts";

const ids = new WeakMap<PartContent, string>();

/** The id of a part, given when it is first asked for. */
export function partId(content: PartContent): string {
  const id = ids.get(content) ?? newId();
  ids.set(content, id);
  return id;
}

/** @throws Error where the browser cannot encode a canvas (too large for it). */
export async function encodePart(content: PartContent): Promise<Blob> {
  if (content instanceof Blob) return content;
  if (content instanceof Uint8Array) return new Blob([content]);
  const png = await new Promise<Blob | null>((done) => content.toBlob(done, "image/png"));
  if (png === null) throw new Error(`This browser cannot encode a picture of ${content.width}×${content.height} px.`);
  return png;
}

/** @throws Error in words where a canvas's file is no picture. */
export async function decodePart(id: string, kind: PartKind, file: Blob): Promise<PartContent> {
  const content =
    kind === "blob" ? file : kind === "bytes" ? new Uint8Array(await file.arrayBuffer()) : await canvasOf(file);
  ids.set(content, id);
  return content;
}

const DAMAGED = "A picture in the document is damaged or too large.";
/** Most pixels of a canvas; a file says how many it holds before it is decoded. */
const MOST_PIXELS = 100_000_000;
/** Bytes of a PNG up to its width and height. */
const PNG_HEAD = 24;

async function canvasOf(file: Blob): Promise<HTMLCanvasElement> {
  const head = new DataView(await file.slice(0, PNG_HEAD).arrayBuffer());
  const isPng = head.byteLength === PNG_HEAD && head.getUint32(0) === 0x89504e47;
  if (!isPng || head.getUint32(16) * head.getUint32(20) > MOST_PIXELS) throw new Error(DAMAGED);
  const bitmap = await createImageBitmap(file).catch((error: unknown) => {
    throw new Error(DAMAGED, { cause: error });
  });
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d", { willReadFrequently: true })!.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}
