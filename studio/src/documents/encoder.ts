/** Pictures as PNG: in a worker, where the browser has what that needs; a large one would hold the page up. */
import { canvasOf, contextOf, knownPart, type ShownPicture } from "../editor/document.ts";

/** A canvas for the worker: its size, and the pixels of the part that has any. */
export interface CanvasPixels {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  /** Undefined where all is clear. */
  readonly pixels: ImageData | undefined;
}

let worker: Worker | undefined;
let isBroken = !("OffscreenCanvas" in globalThis);

/** @throws Error where the browser cannot encode it (too large for it). */
export async function pngOf(picture: ShownPicture): Promise<Blob> {
  const canvas = canvasOf(picture);
  const png = (isBroken ? null : await inWorker(pixelsOf(canvas))) ?? (await inPage(canvas));
  if (png === null) throw new Error(`This browser cannot encode a picture of ${picture.width}×${picture.height} px.`);
  return png;
}

function pixelsOf(canvas: HTMLCanvasElement): CanvasPixels {
  const { width, height } = canvas;
  const part = knownPart(canvas) ?? { left: 0, top: 0, width, height };
  if (part === false) return { width, height, left: 0, top: 0, pixels: undefined };
  const { left, top } = part;
  return { width, height, left, top, pixels: contextOf(canvas).getImageData(left, top, part.width, part.height) };
}

function inWorker(order: CanvasPixels): Promise<Blob | null> {
  worker ??= new Worker(new URL("./encode-worker.ts", import.meta.url), { type: "module", name: "flexvar pictures" });
  const own = worker;
  const { port1: port, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    const done = (png: Blob | null): void => {
      own.removeEventListener("error", lose);
      port.close();
      resolve(png);
    };
    const lose = (): void => {
      isBroken = true;
      done(null);
    };
    own.addEventListener("error", lose);
    port.onmessage = ({ data }: MessageEvent<Blob | null>) => done(data);
    own.postMessage(order, order.pixels ? [order.pixels.data.buffer, port2] : [port2]);
  });
}

const inPage = (canvas: HTMLCanvasElement): Promise<Blob | null> =>
  new Promise((done) => canvas.toBlob(done, "image/png"));
