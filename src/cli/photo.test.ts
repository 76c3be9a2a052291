import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deepPhoto, phonePhoto, THUMBNAIL } from "../../test/support/photos.ts";
import { runCli } from "../../test/support/run-cli.ts";
import { loadPhoto } from "../image/node.ts";

const model = fileURLToPath(new URL("../../models/fashion", import.meta.url));
let folder = "";
const at = (...parts: string[]): string => join(folder, ...parts);

/** A white box on black. */
async function boxMask(width: number, height: number, left: number, top: number, side: number): Promise<Buffer> {
  const box = { create: { width: side, height: side, channels: 3, background: "white" } } as const;
  return sharp({ create: { width, height, channels: 3, background: "black" } })
    .composite([{ input: await sharp(box).png().toBuffer(), left, top }])
    .png()
    .toBuffer();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-photo-"));
  await writeFile(at("phone.jpg"), await phonePhoto(320, 240));
  await writeFile(at("phone-mask.png"), await boxMask(240, 320, 100, 120, 60));
  await writeFile(at("deep.png"), await deepPhoto(300, 200));
  await writeFile(at("deep-mask.png"), await boxMask(300, 200, 90, 60, 70));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const inpaint = (file: string, mask: string, ...argv: string[]) =>
  runCli("inpaint", at(file), "--mask", at(mask), "--model", model, "--threads", "1", "--class", "bag", ...argv);

/** How many samples differ from the file's own outside and inside a box. */
async function differences(file: string, result: string, left: number, top: number, side: number) {
  const [before, after] = [await loadPhoto(at(file)), await loadPhoto(at(result))];
  expect([after.width, after.height, after.channels]).toEqual([before.width, before.height, before.channels]);
  expect(after.data.BYTES_PER_ELEMENT).toBe(before.data.BYTES_PER_ELEMENT);
  expect(Buffer.compare(Buffer.from(after.icc!), Buffer.from(before.icc!))).toBe(0);
  const count = { outside: 0, inside: 0 };
  for (let i = 0; i < before.data.length; i++) {
    if (before.data[i] === after.data[i]) continue;
    const [x, y] = [Math.floor(i / before.channels) % before.width, Math.floor(i / before.channels / before.width)];
    const isInside = x >= left && x < left + side && y >= top && y < top + side;
    count[isInside ? "inside" : "outside"]++;
  }
  return count;
}

describe("inpaint of a photograph", () => {
  test("a phone's JPEG by its crop: upright, its samples outside the mask, its profile, its records without the thumbnail", async () => {
    const { code, err } = await inpaint("phone.jpg", "phone-mask.png", "--crop", "auto", "--out", at("phone"));
    expect([code, err]).toEqual([0, expect.stringContaining("softer than what surrounds it")]);
    expect(await differences("phone.jpg", "phone/000.png", 100, 120, 60)).toEqual({
      outside: 0,
      inside: expect.any(Number),
    });
    const file = await readFile(at("phone", "000.png"));
    const { exif, orientation } = await sharp(file).metadata();
    expect([orientation, exif!.includes("A maker of cameras")]).toEqual([1, true]);
    expect(file.includes(THUMBNAIL)).toBe(false);
    // The result, its settings inside, is all that painting it again takes.
    const again = await runCli(
      "repeat",
      at("phone", "000.png"),
      "--model",
      model,
      "--threads",
      "1",
      "--out",
      at("again"),
    );
    expect([again.code, again.err]).toEqual([0, expect.any(String)]);
    expect(Buffer.compare(await readFile(at("again", "000.png")), file)).toBe(0);
  });

  test.each(["auto", "none", "60,30,140,120"])("16 bits with alpha, crop %s", async (crop) => {
    const out = `deep-${crop}`;
    const { code, err } = await inpaint("deep.png", "deep-mask.png", "--crop", crop, "--out", at(out));
    expect([code, err]).toEqual([0, expect.any(String)]);
    const { outside, inside } = await differences("deep.png", `${out}/000.png`, 90, 60, 70);
    expect(outside).toBe(0);
    expect(inside).toBeGreaterThan(10_000);
  });

  test("a file's name says the format; records are dropped on request", async () => {
    const { code, err } = await inpaint(
      ...(["phone.jpg", "phone-mask.png", "--crop", "auto", "--metadata", "drop"] as const),
      ...["--quality", "95", "--out", at("named", "edited.jpg")],
    );
    expect([code, err]).toEqual([0, expect.any(String)]);
    expect(await readdir(at("named"))).toEqual(["edited.jpg"]);
    const { format, exif, hasProfile } = await sharp(at("named", "edited.jpg")).metadata();
    expect([format, exif, hasProfile]).toEqual(["jpeg", undefined, true]);
  });

  test.each([
    ["deep.png", ["--format", "jpeg"], "--format: expected png or webp for a picture with transparent parts"],
    ["deep.png", ["--quality", "90"], "--quality: expected --format jpeg or webp"],
    ["deep.png", ["--crop", "0,0,50,50"], "--crop: expected a part that holds all that the mask repaints"],
    ["deep.png", ["--crop", "0,0,5000,50"], "--crop: expected a part of the picture's 300x200"],
    ["deep.png", ["--crop", "middle"], "--crop: expected auto, none or a region as x,y,width,height"],
    ["deep.png", ["--count", "2", "--out", "two.png"], "--out: expected a folder for 2 pictures"],
    ["deep.png", ["--format", "webp", "--out", "two.png"], "--format: expected png, as --out is called"],
  ])("%s with %j is refused in words, and nothing is written", async (file, flags, words) => {
    const { code, err } = await inpaint(file, "deep-mask.png", "--out", at("refused"), ...flags);
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
    await expect(readdir(at("refused"))).rejects.toThrow("ENOENT");
  });
});
