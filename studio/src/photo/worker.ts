/** Decodes photographs, shows parts of them to the model and writes them out whole, away from the page. */

import { reduceRegion } from "flexvar/editing";
import { editedExif, editedXmp, type PixelRect } from "flexvar/image";
import { composed, maskAt, type Painted, painted } from "./compose.ts";
import { type Master, openMaster } from "./master.ts";
import type { PhotoAnswer, PhotoOrder, PhotoView } from "./messages.ts";
import { writePng } from "./png-stream.ts";

let opened: { readonly number: number; readonly master: Promise<Master> } | undefined;

addEventListener("message", async ({ data: order, ports: [port] }: MessageEvent<PhotoOrder>) => {
  const answer = (message: PhotoAnswer, moved: Transferable[] = []): void => port!.postMessage(message, moved);
  try {
    const result = await carryOut(order);
    answer({ result }, movedOf(result));
  } catch (error) {
    answer({ failed: error instanceof Error ? error.message : String(error) });
  }
});

type Result = Extract<PhotoAnswer, { result: unknown }>["result"];

/** What the page gets without a copy of it. */
function movedOf(result: Result): Transferable[] {
  if (result instanceof Blob) return [];
  return "shown" in result ? [result.shown] : [result.image.data.buffer as ArrayBuffer, result.mask.buffer];
}

async function carryOut(order: PhotoOrder): Promise<Result> {
  const master = await masterOf(order);
  const regions = order.patches.length === 0 ? [] : await painted(master.pixels, order.patches);
  switch (order.kind) {
    case "show": {
      const { width, height } = master;
      return { width, height, shown: (await show(master, regions, order.most)).transferToImageBitmap() };
    }
    case "showFile":
      return (await show(master, regions, order.most)).convertToBlob({ type: "image/png" });
    case "view":
      return view(master, regions, order);
    case "export":
      return write(master, regions, order.keepsRecords);
  }
}

/** What was shown last without anything painted. */
const plain = new WeakMap<Master, { readonly most: number; readonly shown: Promise<ImageBitmap> }>();

async function show(master: Master, regions: readonly Painted[], most: number): Promise<OffscreenCanvas> {
  let known = plain.get(master);
  if (known?.most !== most) {
    known = { most, shown: master.shown(most) };
    plain.set(master, known);
  }
  const under = await known.shown;
  const canvas = new OffscreenCanvas(under.width, under.height);
  const context = canvas.getContext("2d")!;
  context.drawImage(under, 0, 0);
  const scale = under.width / master.width;
  for (const { region, pixels } of regions) {
    const [wide, high] = [region.width * scale, region.height * scale];
    const data = new ImageData(new Uint8ClampedArray(pixels as Uint8Array<ArrayBuffer>), region.width, region.height);
    const part = await createImageBitmap(data, {
      resizeWidth: Math.ceil(wide),
      resizeHeight: Math.ceil(high),
      resizeQuality: "medium",
    });
    context.clearRect(region.left * scale, region.top * scale, wide, high);
    context.drawImage(part, region.left * scale, region.top * scale, wide, high);
    part.close();
  }
  return canvas;
}

async function masterOf({ file, number }: PhotoOrder): Promise<Master> {
  if (opened?.number !== number) {
    void opened?.master.then((before) => before.close());
    opened = { number, master: openMaster(file) };
  }
  return opened.master;
}

async function view(
  { pixels }: Master,
  regions: readonly Painted[],
  { region, work, mask, readsHole }: Extract<PhotoOrder, { kind: "view" }>,
): Promise<PhotoView> {
  const { width, height } = region;
  const image = { data: await composed(pixels, regions, region), width, height };
  const own = { data: maskAt(mask, region), width, height };
  const seen = reduceRegion(image, own, { left: 0, top: 0, width, height }, work, readsHole);
  const { picture, hole } = seen;
  const data = new Uint8Array(4 * hole.length).fill(255);
  for (let i = 0; i < hole.length; i++) data.set(picture.data.subarray(3 * i, 3 * i + 3), 4 * i);
  return { image: { ...picture, data }, mask: hole.map((value) => 255 * value) };
}

/** Rows that are decoded at a time. */
const BAND = 256;

async function write(master: Master, regions: readonly Painted[], keepsRecords: boolean): Promise<Blob> {
  const { width, height, extras } = master;
  const hasAlpha = await master.hasAlpha();
  async function* bands(): AsyncGenerator<Uint8Array> {
    for (let top = 0; top < height; top += BAND)
      yield composed(master.pixels, regions, bandOf(width, top, Math.min(BAND, height - top)));
  }
  const records = keepsRecords && {
    exif: extras.exif && editedExif(extras.exif, { width, height }),
    xmp: extras.xmp && editedXmp(extras.xmp),
  };
  return writePng({ width, height, hasAlpha, extras: { icc: extras.icc, ...records } }, bands());
}

const bandOf = (width: number, top: number, height: number): PixelRect => ({ left: 0, top, width, height });
