/** A photograph decoded, without a canvas: its samples as the browser's decoder gives them, in the file's own colour space. */
import type { PixelRect } from "flexvar/image";
import { eraseOrientation, type PhotoExtras, readExtras } from "./extras.ts";
import { type Size, storedRect, upright, uprightSize } from "./orient.ts";

export interface Master {
  /** Upright. */
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly extras: PhotoExtras;
  /** The whole, upright, at most so many pixels a side, to be looked at. */
  shown(most: number): Promise<ImageBitmap>;
  /** RGBA pixels of an upright part. */
  pixels(part: PixelRect): Promise<Uint8Array>;
  close(): void;
}

/** @throws Error in words where the browser cannot decode it. */
export async function openMaster(file: Blob): Promise<Master> {
  const bytes = await file.arrayBuffer();
  const extras = await readExtras(new Uint8Array(bytes));
  eraseOrientation(extras);
  // Neither colours nor alpha are converted: what is not repainted stays as it is. The types do not know of alpha yet.
  const plain = { colorSpaceConversion: "none", premultiplyAlpha: "none" } as const;
  const decoder = new ImageDecoder({ data: bytes, type: file.type, ...plain });
  const { image } = await decoder.decode();
  const frame = await asStored(image);
  decoder.close();
  const stored = { width: frame.codedWidth, height: frame.codedHeight };
  const { orientation } = extras;
  return {
    ...uprightSize(stored, orientation),
    hasAlpha: frame.format?.includes("A") ?? true,
    extras,
    shown: (most) => shownFrame(frame, stored, orientation, most),
    async pixels(part) {
      const rect = storedRect(orientation, part, stored);
      return upright(await copied(frame, rect), rect, orientation);
    },
    close: () => frame.close(),
  };
}

/** The frame without what says how it is turned, which some browsers follow in some calls. */
async function asStored(frame: VideoFrame): Promise<VideoFrame> {
  const { format, codedWidth, codedHeight, colorSpace } = frame;
  if (format === null) return frame;
  const data = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(data);
  frame.close();
  // The types do not know of `transfer` yet: without it the samples would be copied once more.
  const init = { format, codedWidth, codedHeight, layout, colorSpace, timestamp: 0, transfer: [data.buffer] };
  return new VideoFrame(data, init);
}

/** RGBA pixels of a stored part. Colours may be stored for two pixels at once: the copy begins at even places. */
async function copied(frame: VideoFrame, { left, top, width, height }: PixelRect): Promise<Uint8Array> {
  const [x, y] = [left - (left % 2), top - (top % 2)];
  const rect = { x, y, width: left + width - x, height: top + height - y };
  const wide = new Uint8Array(4 * rect.width * rect.height);
  await frame.copyTo(wide, { rect, format: "RGBA" });
  if (rect.width === width && rect.height === height) return wide;
  const out = new Uint8Array(4 * width * height);
  for (let row = 0; row < height; row++) {
    const from = 4 * ((row + top - y) * rect.width + left - x);
    out.set(wide.subarray(from, from + 4 * width), 4 * row * width);
  }
  return out;
}

async function shownFrame(frame: VideoFrame, stored: Size, orientation: number, most: number): Promise<ImageBitmap> {
  const shrink = Math.min(1, most / Math.max(stored.width, stored.height));
  const side = (length: number): number => Math.max(1, Math.round(length * shrink));
  const small = { width: side(stored.width), height: side(stored.height) };
  const bitmap = await createImageBitmap(frame, {
    resizeWidth: small.width,
    resizeHeight: small.height,
    resizeQuality: "medium",
  });
  if (orientation === 1) return bitmap;
  const { width, height } = uprightSize(small, orientation);
  const canvas = new OffscreenCanvas(small.width, small.height);
  const context = canvas.getContext("2d")!;
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, small.width, small.height);
  const turned = new ImageData(
    new Uint8ClampedArray(upright(new Uint8Array(data.buffer), small, orientation)),
    width,
    height,
  );
  return createImageBitmap(turned);
}
