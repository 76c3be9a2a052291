/** Decodes photographs, shows parts of them to the model and writes them out whole, away from the page. */

import { reduceRegion } from "flexvar/editing";
import { editedExif, editedXmp, type PixelRect } from "flexvar/image";
import { composed, maskAt, type Painted, painted } from "./compose.ts";
import { type Master, openMaster } from "./master.ts";
import type { PhotoAnswer, PhotoOrder, PhotoView } from "./messages.ts";
import { writePng } from "./png-stream.ts";

let opened: { readonly number: number; readonly master: Promise<Master> } | undefined;

addEventListener("message", async ({ data: order, ports: [port] }: MessageEvent<PhotoOrder>) => {
  const answer = (message: PhotoAnswer): void => port!.postMessage(message);
  try {
    answer({ result: await carryOut(order) });
  } catch (error) {
    answer({ failed: error instanceof Error ? error.message : String(error) });
  }
});

async function carryOut(order: PhotoOrder): Promise<Extract<PhotoAnswer, { result: unknown }>["result"]> {
  const master = await masterOf(order);
  if (order.kind === "open") {
    const { width, height } = master;
    return { width, height, shown: await master.shown(order.most) };
  }
  const regions = await painted(master.pixels, order.patches);
  return order.kind === "view" ? view(master, regions, order) : write(master, regions, order.keepsRecords);
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
  const { width, height, hasAlpha, extras } = master;
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
