/** Photographs in the studio: what is read of their files, how they lie, and what is written; all but the browser's decoder. */
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { composed, maskAt, painted } from "../../studio/src/photo/compose.ts";
import { eraseOrientation, readExtras } from "../../studio/src/photo/extras.ts";
import { storedRect, upright, uprightSize } from "../../studio/src/photo/orient.ts";
import { writePng } from "../../studio/src/photo/png-stream.ts";

const size = { width: 37, height: 22 };
const rgba = Uint8Array.from({ length: 4 * size.width * size.height }, (_, i) =>
  i % 4 === 3 ? 255 : (i * 7919) % 251,
);
const raw = () => sharp(rgba, { raw: { ...size, channels: 4 } }).removeAlpha();

describe("a file", () => {
  test.each(["jpeg", "png", "webp"] as const)("%s tells its profile and its orientation", async (format) => {
    const file = await raw().withIccProfile("p3").withMetadata({ orientation: 6 }).toFormat(format).toBuffer();
    const { icc } = await sharp(file).metadata();
    const extras = await readExtras(new Uint8Array(file));
    expect(extras.orientation).toBe(6);
    // Of others the decoder says it.
    expect(extras.size).toEqual(format === "jpeg" ? size : undefined);
    expect(Buffer.from(extras.icc!).equals(icc!)).toBe(true);
  });

  test.each(["jpeg", "png", "webp"] as const)("%s is given to the decoder as if it lay upright", async (format) => {
    const file = new Uint8Array(await raw().withMetadata({ orientation: 6 }).toFormat(format).toBuffer());
    const before = await sharp(file).raw().toBuffer();
    eraseOrientation(await readExtras(file));
    expect((await readExtras(file)).orientation).toBe(1);
    const { data, info } = await sharp(file, { failOn: "warning" })
      .autoOrient()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, data.equals(before)]).toEqual([size.width, size.height, true]);
  });

  test("that says nothing, is cut off or is no picture has nothing to tell", async () => {
    const file = new Uint8Array(await raw().jpeg().withMetadata({ orientation: 3 }).toBuffer());
    for (let end = 0; end < 400; end += 7)
      expect((await readExtras(file.subarray(0, end))).orientation).toBeGreaterThan(0);
    expect(await readExtras(new TextEncoder().encode("no picture"))).toEqual({ orientation: 1 });
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "orientation %i is made upright as others do, whole and in parts",
  async (orientation) => {
    const file = await sharp(rgba, { raw: { ...size, channels: 4 } })
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    const { data, info } = await sharp(file).autoOrient().raw().toBuffer({ resolveWithObject: true });
    const whole = uprightSize(size, orientation);
    expect(whole).toEqual({ width: info.width, height: info.height });
    expect(Buffer.from(upright(rgba, size, orientation)).equals(data)).toBe(true);
    const part = { left: 3, top: 2, width: 11, height: 9 };
    const rect = storedRect(orientation, part, size);
    const stored = await sharp(rgba, { raw: { ...size, channels: 4 } })
      .extract(rect)
      .raw()
      .toBuffer();
    const cut = await sharp(data, { raw: { ...whole, channels: 4 } })
      .extract(part)
      .raw()
      .toBuffer();
    expect(Buffer.from(upright(new Uint8Array(stored), rect, orientation)).equals(cut)).toBe(true);
  },
);

test.each([true, false])(
  "a PNG of bands (alpha: %s) is read as what was written, with its profile",
  async (hasAlpha) => {
    const data = hasAlpha ? rgba.map((value, i) => (i % 4 === 3 ? (i * 31) % 256 : value)) : rgba;
    async function* bands(): AsyncGenerator<Uint8Array> {
      const row = 4 * size.width;
      yield data.subarray(0, 5 * row);
      yield data.subarray(5 * row, 6 * row);
      yield data.subarray(6 * row);
    }
    const { icc } = await sharp(await raw().withIccProfile("p3").png().toBuffer()).metadata();
    const written = async (extras: object): Promise<Buffer> =>
      Buffer.from(await (await writePng({ ...size, hasAlpha, extras }, bands())).arrayBuffer());
    const profiled = await sharp(await written({ icc: new Uint8Array(icc!) })).metadata();
    expect(profiled.icc!.equals(icc!)).toBe(true);
    // Of a file with a profile sharp converts the colours.
    const got = await sharp(await written({}))
      .ensureAlpha()
      .raw()
      .toBuffer();
    expect(got.equals(Buffer.from(data))).toBe(true);
  },
);

describe("a patch", () => {
  const read = async ({ left, top, width, height }: { left: number; top: number; width: number; height: number }) =>
    new Uint8Array(
      await sharp(rgba, { raw: { ...size, channels: 4 } })
        .extract({ left, top, width, height })
        .raw()
        .toBuffer(),
    );
  const region = { left: 4, top: 3, width: 24, height: 16 };
  // The shown picture is half as large; its pixels 6 to 9 and 3 to 5 are masked.
  const mask = { data: new Uint8Array(12 * 8), width: 12, height: 8, left: 2, top: 1, scale: 0.5 };
  for (let y = 2; y < 5; y++) mask.data.fill(255, y * 12 + 4, y * 12 + 8);
  const pixels = { data: new Uint8Array(4 * 12 * 8).fill(255), width: 12, height: 8 };

  test("changes what its mask holds and no sample else, also under a later one", async () => {
    const regions = await painted(read, [
      { region, pixels, mask },
      { region, pixels, mask },
    ]);
    const all = { left: 0, top: 0, ...size };
    const after = await composed(read, regions, all);
    const own = maskAt(mask, region);
    let changed = 0;
    for (let i = 0; i < after.length; i++) {
      if (after[i] === rgba[i]) continue;
      const [x, y] = [(i >> 2) % size.width, Math.floor((i >> 2) / size.width)];
      expect(own[(y - region.top) * region.width + x - region.left]).toBeGreaterThan(0);
      changed++;
    }
    expect(changed).toBeGreaterThan(100);
    const band = { left: 0, top: 5, width: size.width, height: 4 };
    expect(await composed(read, regions, band)).toEqual(after.slice(4 * 5 * size.width, 4 * 9 * size.width));
  });

  test("has a mask that is 0 where the shown one is 0 around, and whole within", () => {
    const own = maskAt(mask, region);
    const at = (x: number, y: number): number => own[(y - region.top) * region.width + x - region.left]!;
    expect(at(14, 8)).toBe(255);
    expect(at(11, 8)).toBeGreaterThan(0);
    expect(at(10, 8)).toBe(0);
  });
});
