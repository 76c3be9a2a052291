/** Writes canvases as PNG, away from the page. */
import type { CanvasPixels } from "./encoder.ts";

addEventListener("message", async ({ data: order, ports: [port] }: MessageEvent<CanvasPixels>) => {
  try {
    const { width, height, left, top, pixels } = order;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d")!;
    if (pixels) context.putImageData(pixels, left, top);
    port!.postMessage(await canvas.convertToBlob({ type: "image/png" }));
  } catch {
    port!.postMessage(null);
  }
});
