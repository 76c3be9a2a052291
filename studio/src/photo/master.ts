/** A photograph decoded, without a canvas: its samples as the browser's decoder gives them, in the file's own colour space. */
import type { PixelRect } from "flexvar/image";
import { eraseOrientation, type PhotoExtras, readExtras } from "./extras.ts";
import { type Size, storedRect, upright, uprightSize } from "./orient.ts";

export interface Master {
  /** Upright. */
  readonly width: number;
  readonly height: number;
  readonly extras: PhotoExtras;
  /** The whole, upright, at most so many pixels a side, to be looked at. */
  shown(most: number): Promise<ImageBitmap>;
  hasAlpha(): Promise<boolean>;
  /** RGBA pixels of an upright part. */
  pixels(part: PixelRect): Promise<Uint8Array>;
  close(): void;
}

/** Most pixels of a photograph. */
const MOST_PIXELS = 100_000_000;

/** @throws Error in words where it has too many pixels, or the browser cannot decode it. */
export async function openMaster(file: Blob): Promise<Master> {
  const bytes = await file.arrayBuffer();
  const extras = await readExtras(new Uint8Array(bytes));
  eraseOrientation(extras);
  const { orientation } = extras;
  let decoded: Promise<VideoFrame> | undefined;
  const whole = (): Promise<VideoFrame> => {
    decoded ??= decode(bytes, file.type).then((frame) => asStored(frame, orientation));
    return decoded;
  };
  const stored = extras.size ?? sizeOf(await whole());
  if (stored.width * stored.height > MOST_PIXELS)
    throw new Error(`it has ${Math.round((stored.width * stored.height) / 1e6)} megapixels; up to 100 can be edited.`);
  return {
    ...uprightSize(stored, orientation),
    extras,
    hasAlpha: async () => (await whole()).format?.includes("A") ?? true,
    async shown(most) {
      const shrink = Math.min(1, most / Math.max(stored.width, stored.height));
      const side = (length: number): number => Math.max(1, Math.round(length * shrink));
      const small = { width: side(stored.width), height: side(stored.height) };
      const coarse = extras.size && (await decodeCoarse(bytes, file.type, stored, small));
      if (coarse === undefined) return shownFrame(await whole(), small, orientation);
      const frame = await asStored(coarse, orientation);
      // What is looked at is there first; the whole, which takes most of the time, comes meanwhile. What fails is said where it is needed.
      whole().catch(() => undefined);
      return shownFrame(frame, small, orientation).finally(() => frame.close());
    },
    async pixels(part) {
      const rect = storedRect(orientation, part, stored);
      return upright(await copied(await whole(), rect), rect, orientation);
    },
    close: () => void decoded?.then((frame) => frame.close()).catch(() => undefined),
  };
}

const sizeOf = ({ codedWidth, codedHeight }: VideoFrame): Size => ({ width: codedWidth, height: codedHeight });

async function decode(data: ArrayBuffer, type: string, desired: object = {}): Promise<VideoFrame> {
  // Neither colours nor alpha are converted: what is not repainted stays as it is. The types do not know of alpha yet.
  const plain = { colorSpaceConversion: "none", premultiplyAlpha: "none" } as const;
  const decoder = new ImageDecoder({ data, type, ...plain, ...desired });
  try {
    return (await decoder.decode()).image;
  } finally {
    decoder.close();
  }
}

/** JPEG is decoded at so many eighths of its size far faster. */
const EIGHTHS = 8;

/** A JPEG decoded at the fewest eighths of its size that hold another size; undefined where that is not faster or the browser does not. */
async function decodeCoarse(
  data: ArrayBuffer,
  type: string,
  { width, height }: Size,
  least: Size,
): Promise<VideoFrame | undefined> {
  const eighths = Math.ceil(EIGHTHS * Math.max(least.width / width, least.height / height));
  if (eighths >= EIGHTHS) return undefined;
  const side = (length: number): number => Math.ceil((length * eighths) / EIGHTHS);
  const frame = await decode(data, type, { desiredWidth: side(width), desiredHeight: side(height) });
  if (frame.codedWidth >= least.width && frame.codedHeight >= least.height) return frame;
  frame.close();
  return undefined;
}

/** The frame without what says how it is turned, which some browsers follow in some calls. */
async function asStored(frame: VideoFrame, orientation: number): Promise<VideoFrame> {
  const { format, codedWidth, codedHeight, colorSpace } = frame;
  if (format === null || orientation === 1) return frame;
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

/** @param small size of what is shown, as stored */
async function shownFrame(frame: VideoFrame, small: Size, orientation: number): Promise<ImageBitmap> {
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
