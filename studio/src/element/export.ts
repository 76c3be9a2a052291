/** Handing over the picture that is shown. */
import { canvasOf, type Sheet } from "../editor/document.ts";
import { currentSheet, editor } from "../editor/editor-store.ts";
import { variantOf } from "../editor/edits.ts";
import { exportPhoto } from "../photo/photo.ts";
import { forFileName } from "../state/files.ts";
import type { ExportedImage, ExportOptions } from "./host.ts";

const FORMATS = ["png", "jpeg", "webp"] as const;

/** The picture as it is, at its own size. @throws Error in words. */
export async function exportImage({ format = "png", quality }: ExportOptions = {}): Promise<ExportedImage> {
  const sheet = currentSheet(editor());
  if (sheet === undefined) throw new Error("export: expected an open picture, got none");
  if (!FORMATS.includes(format)) throw new Error(`format: expected ${FORMATS.join(", ")}, got "${format}"`);
  const { settings } = variantOf(sheet) ?? {};
  if (format === "png") return { blob: await asPng(sheet), settings };
  const canvas = await wholeCanvas(sheet);
  return { blob: await encoded(canvas, `image/${format}`, quality), settings };
}

function asPng(sheet: Sheet): Promise<Blob> {
  return sheet.photo === undefined ? shownPng(sheet) : exportPhoto(sheet.photo, editor().keepsRecords);
}

/** What is shown, as a PNG: a variant as its own file, which carries its settings. */
export async function shownPng(sheet: Sheet): Promise<Blob> {
  const variant = sheet.photo === undefined ? variantOf(sheet) : undefined;
  return variant?.image ?? encoded(canvasOf(sheet.image), "image/png");
}

/** At a photograph's own size, as far as canvases go. */
async function wholeCanvas({ image, photo }: Sheet): Promise<HTMLCanvasElement> {
  if (photo === undefined) return canvasOf(image);
  const whole = await createImageBitmap(await exportPhoto(photo, false));
  const canvas = canvasOf(whole);
  whole.close();
  return canvas;
}

async function encoded(canvas: HTMLCanvasElement, type: string, quality?: number): Promise<Blob> {
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, type, quality));
  if (blob?.type !== type) throw new Error(`format: expected a browser that writes ${type}, got one that does not`);
  return blob;
}

/** A name for the file of an exported picture. */
export function fileNameOf({ type }: Blob): string {
  const stem = forFileName(editor().name.replace(/\.\w+$/, ""));
  return `${stem}-edited.${type.slice("image/".length)}`;
}
