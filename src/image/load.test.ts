import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodePng, loadPlanar, loadRgb, loadRgba } from "./node.ts";

const red = { r: 200, g: 40, b: 20 };
const plain = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: red } });
const near = (data: Uint8Array, rgb: readonly number[], tolerance: number) =>
  data.every((value, i) => Math.abs(value - rgb[i % 3]!) <= tolerance);

describe("loadRgb", () => {
  it.each(["png", "jpeg", "webp", "gif", "tiff", "avif"] as const)("decodes %s", async (format) => {
    const image = await loadRgb(await plain(6, 4).toFormat(format).toBuffer());
    expect([image.width, image.height]).toEqual([6, 4]);
    expect(near(image.data, [200, 40, 20], 4)).toBe(true);
    expect(image.alpha).toBeUndefined();
  });

  it("decodes 16-bit, grey and CMYK pictures", async () => {
    const wide = new Uint16Array(2 * 2 * 3).fill(0xffff);
    const deep = await sharp(wide, { raw: { width: 2, height: 2, channels: 3 } })
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe("ushort");
    expect(near((await loadRgb(deep)).data, [255, 255, 255], 0)).toBe(true);
    const grey = await plain(3, 3).greyscale().png().toBuffer();
    const { data } = await loadRgb(grey);
    expect(data).toHaveLength(27);
    expect(data[0]).toBe(data[2]);
    const cmyk = await plain(4, 4).toColourspace("cmyk").jpeg().toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe("cmyk");
    expect(near((await loadRgb(cmyk)).data, [200, 40, 20], 40)).toBe(true);
  });

  it("takes the first frame of an animation", async () => {
    const frames = Buffer.concat([Buffer.alloc(12, 255), Buffer.alloc(12, 0)]);
    const raw = { width: 2, height: 4, channels: 3, pageHeight: 2 } as const;
    const gif = await sharp(frames, { raw })
      .gif({ delay: [100, 100] })
      .toBuffer();
    expect((await sharp(gif).metadata()).pages).toBe(2);
    const image = await loadRgb(gif);
    expect([image.height, near(image.data, [255, 255, 255], 0)]).toEqual([2, true]);
  });

  it("lays transparent parts over the background and keeps alpha", async () => {
    const rgba = Uint8Array.of(10, 20, 30, 255, 10, 20, 30, 0, 100, 100, 100, 51);
    const png = await sharp(rgba, { raw: { width: 3, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    const image = await loadRgb(png);
    expect([...image.data]).toEqual([10, 20, 30, 255, 255, 255, 224, 224, 224]);
    expect([...image.alpha!]).toEqual([255, 0, 51]);
    expect([...(await loadRgb(png, { background: [0, 0, 0] })).data.subarray(3)]).toEqual([0, 0, 0, 20, 20, 20]);
  });

  it("gives a transparent PNG's very bytes, colours under full transparency too, and writes them back", async () => {
    const data = Uint8Array.from({ length: 5 * 3 * 4 }, (_, i) => (i % 4 === 3 ? (i * 5) % 256 : (i * 37) % 256));
    data[3] = 0;
    const png = encodePng({ data, width: 5, height: 3 });
    const image = await loadRgba(png);
    expect([image.width, image.height, [...image.data]]).toEqual([5, 3, [...data]]);
    expect([...(await loadRgba(encodePng({ data: data.slice(0, 45), width: 5, height: 3 }))).data.slice(0, 4)]).toEqual(
      [...data.slice(0, 3), 255],
    );
  });

  it("turns as EXIF says", async () => {
    const jpeg = await plain(6, 2).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const image = await loadRgb(jpeg);
    expect([image.width, image.height]).toEqual([2, 6]);
  });

  it("resizes on request", async () => {
    const png = await plain(40, 20).png().toBuffer();
    const image = await loadRgb(png, { resize: { width: 8, height: 8 } });
    expect([image.width, image.height]).toEqual([8, 8]);
  });

  it("reads back what the encoder wrote", async () => {
    const image = { width: 2, height: 2, data: Uint8Array.from({ length: 12 }, (_, i) => i * 20) };
    expect(await loadRgb(encodePng(image))).toEqual(image);
    const planar = await loadPlanar(encodePng(image));
    expect([planar.batch, planar.height, planar.width]).toEqual([1, 2, 2]);
    expect(planar.data[1]).toBeCloseTo(60 / 127.5 - 1, 6);
  });

  it("refuses in words what is too large or no picture", async () => {
    const tall = await plain(1, 16385).png().toBuffer();
    await expect(loadRgb(tall)).rejects.toThrow("expected at most 16384 pixels a side and 100 megapixels, got 1x16385");
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="11000" height="11000"/>');
    await expect(loadRgb(svg)).rejects.toThrow(/image: expected/);
    await expect(loadRgb(Uint8Array.of(1, 2, 3))).rejects.toThrow("image: expected a readable picture, got:");
    await expect(loadRgb("missing-picture.png")).rejects.toThrow("missing-picture.png: expected a readable picture");
    const cut = (await plain(64, 64).png().toBuffer()).subarray(0, 90);
    await expect(loadRgb(cut)).rejects.toThrow("expected a readable picture");
  });
});
