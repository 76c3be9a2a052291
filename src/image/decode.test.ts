import sharp from "sharp";
import { describe, expect, it } from "vitest";
import {
  FOREIGN,
  gifOf,
  greyPng,
  jpegOfScans,
  PNG_START,
  pngChunk,
  textBomb,
  tiffOf,
  webpOf,
} from "../../test/support/picture-bombs.ts";
import { decodeWithin, ImageError, loadRgba, waitingPictures } from "./node.ts";
import { createSlots } from "./slots.ts";
import { withoutTexts } from "./structure.ts";

/** Far below what the files took without bounds, far above what they take on a busy machine. */
const SOON = 10_000;

async function refusal(bytes: Uint8Array): Promise<ImageError> {
  const began = performance.now();
  const error = await loadRgba(bytes).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ImageError);
  expect(performance.now() - began).toBeLessThan(SOON);
  return error as ImageError;
}

describe("the first bytes decide", () => {
  it.each(FOREIGN)("%s is refused in words", async (_, bytes, words) => {
    const { fault, message } = await refusal(bytes);
    expect(fault).toBe("format");
    expect(message).toMatch(
      /^image: expected a readable picture, got: .* \(PNG, JPEG, WebP, GIF, AVIF and TIFF are read\)$/,
    );
    expect(message).toMatch(words);
  });

  it("whatever follows a signature is read as that format alone", async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    for (const start of [PNG_START, Buffer.of(0xff, 0xd8, 0xff), Buffer.from("GIF89a"), Buffer.from("II*\0")])
      expect(await refusal(Buffer.concat([start, svg]))).toMatchObject({ fault: "damage" });
  });
});

describe("what a file is made of is bounded before it is decoded", () => {
  it.each([
    ["frames of a GIF", () => gifOf(1001), "at most 1000 frames, got more"],
    ["frames of a WebP", () => webpOf(20_000), "at most 1000 frames, got more"],
    ["pages of a TIFF", () => tiffOf(1001), "at most 1000 pages, got more"],
    ["pages of a TIFF in a circle", () => tiffOf(3, true), "at most 1000 pages, got more"],
    ["frames that a PNG claims", () => greyPng(8, 8, [pngChunk("acTL", Buffer.alloc(8, 255))]), "at most 1000 frames"],
    ["scans of a JPEG", () => jpegOfScans(2000, 2000), "at most 100 scans, got more"],
    [
      "scans of a JPEG behind what ends another",
      () => jpegOfScans(800, 800, Buffer.of(0xff, 0xff, 0xfe, 0, 4, 0xff, 0xd9, 7, 7)),
      "at most 100 scans, got more",
    ],
  ])("%s", async (_, bytes, words) => {
    expect((await refusal(await bytes())).message).toContain(words);
  });

  it("as many as are allowed are read, the first of them", async () => {
    for (const bytes of [gifOf(1000), await webpOf(1000), tiffOf(1000)]) {
      const { width, height } = await loadRgba(bytes);
      expect([2, 8]).toContain(width);
      expect(height).toBe(width);
    }
    const progressive = await sharp(await sharp(tiffOf(1)).png().toBuffer())
      .jpeg({ progressive: true })
      .toBuffer();
    expect((await loadRgba(progressive)).width).toBe(8);
  });

  it("pixels: a picture of any format, whatever its bytes", async () => {
    const { message } = await refusal(greyPng(30_000, 30_000));
    expect(message).toBe("image: expected at most 16384 pixels a side and 100 megapixels, got 30000x30000");
    const gif = Buffer.from(gifOf(1));
    gif.writeUInt16LE(0xffff, 24);
    gif.writeUInt16LE(0xffff, 26);
    expect((await refusal(gif)).fault).toBe("size");
    const wide = await sharp({ create: { width: 300, height: 200, channels: 3, background: "red" } })
      .avif()
      .toBuffer();
    await expect(loadRgba(wide, { limits: { pixels: 50_000 } })).rejects.toThrow("0.05 megapixels, got 300x200");
  });

  it.each(["zTXt", "iTXt"] as const)("compressed texts of a PNG (%s) are not unpacked", async (type) => {
    const bomb = textBomb(type, 60, 50_000_000);
    const began = performance.now();
    const { width, data } = await loadRgba(bomb);
    expect(performance.now() - began).toBeLessThan(SOON);
    expect([width, data[0], data[3]]).toEqual([8, 0, 255]);
  });

  it("a PNG without texts is decoded from its very bytes, a broken one up to where it breaks", () => {
    const plain = greyPng(8, 8);
    expect(withoutTexts(plain)).toBe(plain);
    const text = pngChunk("tEXt", Buffer.from("a\0b"));
    expect(Buffer.compare(withoutTexts(greyPng(8, 8, [text, text])), plain)).toBe(0);
    const cut = greyPng(8, 8, [text]).subarray(0, 60);
    expect(Buffer.compare(withoutTexts(cut), Buffer.concat([plain.subarray(0, 33), cut.subarray(48)]))).toBe(0);
  });
});

describe("decoding takes turns", () => {
  it("one that takes too long is given up and keeps its slot; one whose signal aborts while it waits is dropped", async () => {
    const png = greyPng(8, 8);
    let end = (): void => {};
    const ended = new Promise<number>((resolve) => {
      end = () => resolve(1);
    });
    // More than there are slots: all of them are taken.
    const stuck = Array.from({ length: 64 }, () => decodeWithin(png, "slow.png", { seconds: 0.2 }, () => ended));
    const settled = Promise.allSettled(stuck);
    const abort = new AbortController();
    const dropped = loadRgba(png, { limits: { signal: abort.signal } });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = waitingPictures();
    abort.abort(new Error("the client has left"));
    await expect(dropped).rejects.toThrow("the client has left");
    expect(waitingPictures()).toBe(before - 1);
    await expect(stuck[0]).rejects.toThrow(
      "slow.png: expected a picture that is decoded within 0.2 s, got a slower one",
    );
    expect(waitingPictures()).toBe(before - 1);
    end();
    const results = await settled;
    const done = results.filter(({ status }) => status === "fulfilled").length;
    expect(done).toBeGreaterThanOrEqual(before - 1);
    expect(done).toBeLessThan(64);
    expect((await loadRgba(png)).width).toBe(8);
    await expect(loadRgba(png, { limits: { signal: abort.signal } })).rejects.toThrow("the client has left");
  });

  it("no more actions run than there are slots, in the order of asking, and failures give theirs back", async () => {
    const slots = createSlots(2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const act = async (i: number): Promise<void> => {
      order.push(i);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      if (i % 3 === 0) throw new Error("failed");
    };
    await Promise.allSettled(Array.from({ length: 20 }, (_, i) => slots.run(() => act(i))));
    expect([most, slots.waiting]).toEqual([2, 0]);
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});
