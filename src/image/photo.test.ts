import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { cameraExif, deepPhoto, MAKER, phonePhoto, THUMBNAIL } from "../../test/support/photos.ts";
import { withExtras } from "./embed.ts";
import { editedExif } from "./exif.ts";
import { encodePhoto, inColoursOf, isTransparent, loadPhoto, photoFacts } from "./photo.ts";
import { editedXmp } from "./xmp.ts";

const latin1 = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("latin1");

describe("a photograph's samples", () => {
  test("8 bits: upright, as the decoder gives them, in the file's own colour space", async () => {
    const file = await phonePhoto(60, 40);
    const photo = await loadPhoto(file);
    const { data } = await sharp(file, { ignoreIcc: true }).autoOrient().raw().toBuffer({ resolveWithObject: true });
    expect([photo.width, photo.height, photo.channels]).toEqual([40, 60, 3]);
    expect(Buffer.compare(Buffer.from(photo.data as Uint8Array), data)).toBe(0);
    expect(photo.icc?.length).toBeGreaterThan(100);
    expect(await photoFacts(file)).toMatchObject({ isPlain: false });
  });

  test("16 bits with alpha survive PNG; JPEG and WebP have them rounded to 8", async () => {
    const photo = await loadPhoto(await deepPhoto(50, 30));
    expect([photo.data.BYTES_PER_ELEMENT, photo.channels, isTransparent(photo)]).toEqual([2, 4, true]);
    const again = await loadPhoto(await encodePhoto(photo, { format: "png" }));
    expect(again.data).toEqual(photo.data);
    expect(Buffer.from(again.icc!)).toEqual(Buffer.from(photo.icc!));
    const small = await loadPhoto(await encodePhoto(photo, { format: "webp", quality: 100 }));
    expect([...small.data]).toEqual(Array.from(photo.data, (value) => Math.round(value / 257)));
    expect(Buffer.from(small.icc!)).toEqual(Buffer.from(photo.icc!));
  });

  test.each(["png", "jpeg", "webp"] as const)("%s: profile and records as sharp reads them back", async (format) => {
    const photo = await loadPhoto(await phonePhoto(60, 40));
    const file = await encodePhoto(photo, { format, quality: 80 });
    const { icc, exif, orientation, width, height } = await sharp(file).metadata();
    expect([width, height, orientation]).toEqual([40, 60, 1]);
    expect(Buffer.compare(icc!, Buffer.from(photo.icc!))).toBe(0);
    expect(latin1(exif)).toContain("A maker of cameras");
    const dropped = await sharp(await encodePhoto(photo, { format, metadata: "drop" })).metadata();
    expect([dropped.exif, dropped.icc?.length]).toEqual([undefined, icc!.length]);
  });

  test("grey stays; CMYK and grey with a profile become sRGB, and that is said", async () => {
    const grey = await sharp(await phonePhoto(30, 20))
      .greyscale()
      .png()
      .toBuffer();
    expect(await loadPhoto(grey)).toMatchObject({ channels: 3, icc: undefined });
    const cmyk = await sharp(await phonePhoto(30, 20))
      .toColourspace("cmyk")
      .jpeg()
      .toBuffer();
    expect((await photoFacts(cmyk)).converted).toBe("cmyk became 8-bit sRGB");
    expect(await loadPhoto(cmyk)).toMatchObject({ channels: 3, converted: "cmyk became 8-bit sRGB" });
  });

  test("sRGB colours in another space; one whose profile says nothing is taken for sRGB", async () => {
    const image = { data: Uint8Array.of(255, 0, 0, 128, 128, 128), width: 2, height: 1 };
    const { icc } = await loadPhoto(await phonePhoto(30, 20));
    const wide = await inColoursOf({ icc }, image);
    // Display P3's coordinates of sRGB red.
    expect([...wide.data].slice(0, 3).map((value) => Math.round(value / 257))).toEqual([234, 51, 34]);
    expect(Math.abs(wide.data[3]! - 128 * 257)).toBeLessThan(300);
    const broken = await inColoursOf({ icc: Buffer.from("no profile") }, image);
    expect(Array.from(broken.data, (value) => Math.round(value / 257))).toEqual([...image.data]);
  });
});

describe("records", () => {
  test("the thumbnail and the maker's block are left out, the rest stays, upright and of the new size", () => {
    const record = editedExif(cameraExif(), { width: 300, height: 200 })!;
    expect(latin1(record)).not.toContain(THUMBNAIL);
    expect(latin1(record)).not.toContain(MAKER);
    for (const kept of ["A maker of cameras", "2024:05:06 07:08:09", "2024:05:06\0"])
      expect(latin1(record)).toContain(kept);
    // What is written is read again, and says the same.
    expect(editedExif(record, { width: 300, height: 200 })).toEqual(record);
    const marked = Buffer.concat([Buffer.from("Exif\0\0"), record]);
    expect(editedExif(marked, { width: 300, height: 200 })).toEqual(record);
  });

  test("whatever bytes: an answer in little time and space, or none", () => {
    const camera = cameraExif();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(camera.length - 1), fc.nat(255)), { maxLength: 30 }), (changes) => {
        const bytes = Uint8Array.from(camera);
        for (const [at, value] of changes) bytes[at] = value;
        const record = editedExif(bytes, { width: 1, height: 1 });
        expect(record === undefined || record.length < 512 * 4 * 20_000).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(editedExif(new Uint8Array(3), { width: 1, height: 1 })).toBeUndefined();
  });

  test("XMP: previews are cut out, and what may hold one under another name is left out whole", () => {
    const packet = (inside: string): Uint8Array => Buffer.from(`<x:xmpmeta tiff:Orientation="6">${inside}</x:xmpmeta>`);
    const kept = editedXmp(packet("<dc:title>Sea</dc:title><xmp:Thumbnails>AAAA</xmp:Thumbnails><a/>"));
    expect(latin1(kept)).toBe('<x:xmpmeta tiff:Orientation="1"><dc:title>Sea</dc:title><a/></x:xmpmeta>');
    expect(latin1(editedXmp(packet("<xmp:Thumbnails>AAAA")))).toBe('<x:xmpmeta tiff:Orientation="1">');
    expect(editedXmp(packet("<q:Thumbnails>AAAA</q:Thumbnails>"))).toBeUndefined();
    expect(editedXmp(Uint8Array.of(0xff, 0xfe))).toBeUndefined();
  });

  test("a profile longer than a JPEG segment is parted; a record that is too long for one is left out", async () => {
    const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .jpeg()
      .toBuffer();
    const icc = Buffer.alloc(150_000, 7);
    const file = withExtras(jpeg, "jpeg", { icc, exif: new Uint8Array(70_000) });
    expect(file.length).toBe(jpeg.length + icc.length + 3 * (2 + 2 + 12 + 2));
    expect((await sharp(file).metadata()).width).toBe(8);
  });
});
