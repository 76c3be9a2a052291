import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../test/support/run-cli.ts";
import { encodePng, type RgbaImage } from "../image/index.ts";
import { loadRgba } from "../image/node.ts";
import { createRandom } from "../sampling/index.ts";

const model = fileURLToPath(new URL("../../models/fashion", import.meta.url));
const random = createRandom(1, "edit-commands");
let folder = "";
const at = (...parts: string[]): string => join(folder, ...parts);
const noise = (width: number, height: number, channels = 3) => ({
  data: Uint8Array.from({ length: width * height * channels }, () => random.int(256)),
  width,
  height,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-edits-"));
  await writeFile(at("small.png"), encodePng(noise(24, 20)));
  await writeFile(at("wide.png"), encodePng(noise(70, 40, 4)));
  await writeFile(at("small-mask.png"), encodePng(rectangle(24, 20, 8, 5, 9, 8)));
  await writeFile(at("wide-mask.png"), encodePng(rectangle(70, 40, 0, 0, 12, 15)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** White on black. */
function rectangle(width: number, height: number, left: number, top: number, w: number, h: number) {
  const data = new Uint8Array(3 * width * height);
  for (let y = top; y < top + h; y++) data.fill(255, 3 * (y * width + left), 3 * (y * width + left + w));
  return { data, width, height };
}

/** Runs a command on the fashion model with few scales; its first picture. */
async function edited(name: string, ...argv: [string, ...string[]]): Promise<RgbaImage> {
  const { code, err } = await command(name, ...argv);
  expect([code, err]).toEqual([0, expect.any(String)]);
  return loadRgba(at(name, "000.png"));
}

const command = (name: string, task: string, ...argv: string[]) =>
  runCli(task, ...argv, "--model", model, "--threads", "1", ...(task === "score" ? [] : ["--out", at(name)]));

/** Repeats a picture with nothing but its file (and what is told); byte for byte the same. */
async function expectRepeats(name: string, ...argv: string[]): Promise<void> {
  const again = await command(`${name}-again`, "repeat", at(name, "000.png"), ...argv);
  expect([again.code, again.err]).toEqual([0, expect.any(String)]);
  expect(await readFile(at(`${name}-again`, "000.png"))).toEqual(await readFile(at(name, "000.png")));
}

/** Bytes of `whole` where `part` lies in it. */
function cut(whole: RgbaImage, { width, height }: RgbaImage, left: number, top: number): Uint8Array {
  const out = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 4 * ((top + y) * whole.width + left);
    out.set(whole.data.subarray(from, from + 4 * width), 4 * y * width);
  }
  return out;
}

describe("editing commands write their pictures, which `repeat` paints again to the byte", () => {
  test.each([
    ["small", "small.png", ["--class", "bag"]],
    ["wide, transparent, in a window", "wide.png", ["--class", "auto", "--padding", "6", "--seed", "3"]],
    ["wide, whole", "wide.png", ["--class", "none", "--whole", "--fill", "mean", "--top-p", "0.5"]],
  ])("inpaint: %s", async (name, file, flags) => {
    const mask = file.replace(".png", "-mask.png");
    const result = await edited(name, "inpaint", at(file), "--mask", at(mask), ...flags);
    const [before, hole] = [await loadRgba(at(file)), await loadRgba(at(mask))];
    expect([result.width, result.height]).toEqual([before.width, before.height]);
    let painted = 0;
    for (let i = 0; i < before.width * before.height; i++) {
      const [own, was] = [result.data.slice(4 * i, 4 * i + 4), before.data.slice(4 * i, 4 * i + 4)];
      if (hole.data[4 * i] === 0) expect(own).toEqual(was);
      else if (own.some((value, c) => value !== was[c])) painted++;
    }
    expect(painted).toBeGreaterThan(50);
    await expectRepeats(name);
  });

  test("outpaint and expand keep the picture where it lies on the wider canvas", async () => {
    const before = await loadRgba(at("small.png"));
    const out = await edited("out", "outpaint", at("small.png"), "--left", "5", "--bottom", "9", "--class", "3");
    expect([out.width, out.height]).toEqual([29, 29]);
    expect(cut(out, before, 5, 0)).toEqual(Uint8Array.from(before.data));
    await expectRepeats("out");
    const wide = await edited("wider", "expand", at("small.png"), "--ratio", "2:1", "--class", "coat");
    expect([wide.width, wide.height]).toEqual([40, 20]);
    expect(cut(wide, before, 8, 0)).toEqual(Uint8Array.from(before.data));
    await expectRepeats("wider");
  });

  test("refine draws at the size asked for, keeps transparency, and needs its picture to be repeated", async () => {
    const fine = await edited("fine", "refine", at("wide.png"), "--size", "100", "--class", "shirt", "--steps", "6");
    expect([fine.width, fine.height]).toEqual([100, 57]);
    expect(fine.data.some((value, i) => i % 4 === 3 && value !== 255)).toBe(true);
    const { code, err } = await command("none", "repeat", at("fine", "000.png"));
    expect([code, err]).toEqual([2, expect.stringContaining("--image: expected the picture that was refined")]);
    const other = await command("none", "repeat", at("fine", "000.png"), "--image", at("small.png"));
    expect([other.code, other.err]).toEqual([2, expect.stringContaining("--image: expected the picture that was")]);
    await expectRepeats("fine", "--image", at("wide.png"));
  });

  test("grey masks and strength below 1 need the first picture, and repeat with it", async () => {
    const grey = rectangle(24, 20, 8, 5, 9, 8);
    await writeFile(at("grey.png"), encodePng({ ...grey, data: grey.data.map((value) => value >> 1) }));
    for (const [name, mask, flags] of [
      ["soft", "grey.png", []],
      ["weak", "small-mask.png", ["--strength", "0.5"]],
    ] as const) {
      await edited(name, "inpaint", at("small.png"), "--mask", at(mask), "--class", "bag", ...flags);
      const { code, err } = await command("none", "repeat", at(name, "000.png"));
      expect([code, err]).toEqual([2, expect.stringContaining("--image: expected the picture that was edited")]);
      await expectRepeats(name, "--image", at("small.png"));
    }
  });

  test("generate --large windows: the size, no settings where unwanted, each variant repeated from its file", async () => {
    const flags = [
      "--class",
      "bag",
      "--count",
      "2",
      "--size",
      "76x37",
      "--seed",
      "5",
      "--top-p",
      "0.8",
      "--steps",
      "6",
    ];
    const { code, out } = await command("large", "generate", "--large", "windows", "--json", ...flags);
    expect(code).toBe(0);
    const { files, windows, settings } = JSON.parse(out) as { files: string[]; windows: number; settings: object };
    expect(files).toHaveLength(2);
    // The picture of the trained size, and the one level above it.
    expect(windows).toBe(2);
    expect(settings).toMatchObject({ task: "generate-large", size: "76x37", seed: 5, top_p: 0.8 });
    const { width, height } = await loadRgba(files[1]!);
    expect([width, height]).toEqual([76, 37]);
    const again = await command("large-again", "repeat", files[1]!);
    expect([again.code, again.err]).toEqual([0, expect.any(String)]);
    expect(await readFile(at("large-again", "000.png"))).toEqual(await readFile(files[1]!));
    await command("bare", "generate", "--large", "windows", "--no-metadata", ...flags, "--count", "1");
    const bare = await command("none", "repeat", at("bare", "000.png"));
    expect([bare.code, bare.err]).toEqual([1, expect.stringContaining("settings")]);
  });

  test("variants, previews and a sheet", async () => {
    const flags = ["--mask", at("small-mask.png"), "--class", "bag", "--count", "2", "--preview", "--grid"];
    const { code } = await command("many", "inpaint", at("small.png"), ...flags, "--scales", "1,2,5x6");
    expect(code).toBe(0);
    expect((await readdir(at("many"))).sort()).toEqual(["000.png", "001.png", "previews", "sheet"]);
    expect(await readdir(at("many", "previews"))).toHaveLength(6);
    const again = await command("many-again", "repeat", at("many", "001.png"));
    expect([again.code, again.err]).toEqual([0, expect.any(String)]);
    expect(await readFile(at("many-again", "000.png"))).toEqual(await readFile(at("many", "001.png")));
  });

  test("the best of several: the likeliest variants, likeliest first, each repeated alone", async () => {
    const flags = ["--mask", at("small-mask.png"), "--class", "bag", "--scales", "1,2,5x6", "--seed", "6", "--json"];
    const run = async (name: string, ...more: string[]) => {
      const { code, out } = await command(name, "inpaint", at("small.png"), ...flags, ...more);
      expect(code).toBe(0);
      return (JSON.parse(out) as { pictures: { file: string; bits_per_token: number; index_within_class: number }[] })
        .pictures;
    };
    const ranked = await run("best", "--best-of", "5", "--count", "2", "--batch", "2", "--preview");
    const all = await run("all", "--count", "5");
    expect(all).toHaveLength(5);
    const ordered = await run("ordered", "--count", "5", "--best-of", "5");
    expect(ordered.map(({ bits_per_token }) => bits_per_token)).toEqual(
      ordered.map(({ bits_per_token }) => bits_per_token).sort((a, b) => a - b),
    );
    expect(new Set(ordered.map(({ bits_per_token }) => bits_per_token)).size).toBeGreaterThan(1);
    expect(ranked.map(({ index_within_class }) => index_within_class)).toEqual(
      ordered.slice(0, 2).map(({ index_within_class }) => index_within_class),
    );
    for (const { file, index_within_class } of ranked) {
      const plain = all.find((one) => one.index_within_class === index_within_class)!;
      expect(await readFile(file)).toEqual(await readFile(plain.file));
    }
    expect(await readdir(at("best", "previews"))).toHaveLength(15);
    await expectRepeats("best");
    const { code, err } = await command("none", "inpaint", at("small.png"), ...flags, "--count", "3", "--best-of", "2");
    expect([code, err]).toEqual([2, expect.stringContaining("--best-of: expected at least the 3 pictures")]);
  });

  test("score ranks classes and writes heat maps", async () => {
    const { code, out } = await command("", "score", at("small.png"), "--json", "--top", "3", "--out", at("heat"));
    expect(code).toBe(0);
    const { scores, files } = JSON.parse(out) as { scores: { bits_per_token: number }[]; files: string[] };
    expect(scores).toHaveLength(3);
    expect(scores[0]!.bits_per_token).toBeLessThanOrEqual(scores[2]!.bits_per_token);
    expect(files.at(-1)).toBe(at("heat", "anomaly.png"));
    expect((await loadRgba(files.at(-1)!)).width).toBe(264);
  });
});

describe("bad input is answered in words", () => {
  test.each([
    ["a mask of another size", "small.png", "wide-mask.png", /mask: expected the picture's size, 24x20, got 70x40/],
    [
      "an empty mask",
      "small.png",
      "empty.png",
      /mask: expected something to repaint \(white\), got a mask that is black/,
    ],
    ["no such picture", "nowhere.png", "small-mask.png", /nowhere\.png: expected a readable picture, got: /],
    ["a corrupt picture", "corrupt.png", "small-mask.png", /corrupt\.png: expected a readable picture, got: /],
    ["a corrupt mask", "small.png", "corrupt.png", /corrupt\.png: expected a readable picture, got: /],
    [
      "a side of 20,000 pixels",
      "long.png",
      "long.png",
      /long\.png: expected at most 16384 pixels a side .* got 20000x1/,
    ],
    ["a drawing under a picture's name", "drawing.png", "small-mask.png", /drawing\.png: .*, got: an SVG drawing/],
    ["a mask that can be read two ways", "small.png", "strokes.png", /--mask-mode: expected white or alpha/],
  ])("%s is refused", async (_, image, mask, message) => {
    await writeFile(at("empty.png"), encodePng(rectangle(24, 20, 0, 0, 0, 0)));
    await writeFile(at("long.png"), encodePng(noise(20_000, 1)));
    await writeFile(at("drawing.png"), '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="20"/>');
    const strokes = new Uint8Array(4 * 24 * 20).fill(255, 0, 4 * 48);
    await writeFile(at("strokes.png"), encodePng({ data: strokes, width: 24, height: 20 }));
    await writeFile(at("corrupt.png"), (await readFile(at("small.png"))).subarray(0, 700));
    const { code, out, err } = await command("none", "inpaint", at(image), "--mask", at(mask), "--class", "bag");
    expect([code === 0, out]).toEqual([false, ""]);
    expect(err).toMatch(message);
  });

  test("one line says how the mask was read; --mask-mode reads one that can be read two ways", async () => {
    const mask = new Uint8Array(4 * 24 * 20).fill(255, 0, 4 * 48);
    await writeFile(at("two-ways.png"), encodePng({ data: mask, width: 24, height: 20 }));
    const flags = ["--class", "bag", "--scales", "1,3,5x6", "--mask", at("two-ways.png"), "--mask-mode", "white"];
    const { code, err } = await command("two-ways", "inpaint", at("small.png"), ...flags);
    expect([code, err]).toEqual([0, expect.any(String)]);
    expect(err).toContain("two-ways.png: read by brightness: white is repainted, 10 % of the picture");
  });

  test("a full mask paints everything; a picture of one pixel is painted", async () => {
    await writeFile(at("full.png"), encodePng(rectangle(24, 20, 0, 0, 24, 20)));
    const flags = ["--class", "bag", "--seed", "4"];
    const painted = await edited("full", "inpaint", at("small.png"), "--mask", at("full.png"), ...flags);
    expect(painted).toEqual(await edited("full-other", "generate", "--size", "24x20", ...flags));
    await expectRepeats("full");
    await writeFile(at("one.png"), encodePng(noise(1, 1)));
    await writeFile(at("one-mask.png"), encodePng(rectangle(1, 1, 0, 0, 1, 1)));
    const one = await edited("one", "inpaint", at("one.png"), "--mask", at("one-mask.png"), "--class", "bag");
    expect([one.width, one.height]).toEqual([1, 1]);
    await expectRepeats("one");
  });

  test("CMYK, 16-bit and animated pictures are read as 8-bit sRGB, the first frame", async () => {
    const sixteen = await sharp(at("small.png")).toColourspace("rgb16").png().toBuffer();
    const cmyk = await sharp(at("small.png")).toColourspace("cmyk").jpeg().toBuffer();
    const frames = Buffer.concat([noise(24, 20).data, noise(24, 20).data]);
    const raw = { width: 24, height: 40, channels: 3 as const, pageHeight: 20 };
    const animated = await sharp(frames, { raw }).gif().toBuffer();
    expect((await sharp(animated, { animated: true }).metadata()).pages).toBe(2);
    for (const [name, bytes] of Object.entries({
      "sixteen.png": sixteen,
      "cmyk.jpg": cmyk,
      "animated.gif": animated,
    })) {
      await writeFile(at(name), bytes);
      const flags = ["--mask", at("small-mask.png"), "--class", "bag", "--scales", "1,3,5x6"];
      const out = `from-${name.replace(".", "-")}`;
      const result = await edited(out, "inpaint", at(name), ...flags);
      const before = await loadRgba(at(name));
      expect([result.width, result.height]).toEqual([24, 20]);
      expect(result.data.subarray(0, 4 * 24 * 5)).toEqual(before.data.subarray(0, 4 * 24 * 5));
      await expectRepeats(out);
    }
  });

  test.each([
    [["outpaint", "small.png", "--class", "bag"], /--left: expected pixels to add at one side at least/],
    [["outpaint", "small.png", "--left", "20000"], /left: expected .*20/],
    [["expand", "small.png", "--ratio", "1:40"], /--ratio: expected width to height such as 2:1, from 1:16 to 16:1/],
    [["expand", "small.png"], /--ratio: expected width to height such as 2:1, got none/],
    [["refine", "wide.png", "--size", "30x30"], /--size: expected whole sides from the picture's own 70x40 to 16384/],
    [["refine", "wide.png"], /--size: expected the size to draw at, such as 128 or 256x128, got none/],
    [["inpaint", "small.png"], /--mask: expected a mask file, got none/],
    [["inpaint", "small.png", "--mask", "small-mask.png", "--class", "hat"], /--class: expected/],
    [
      ["inpaint", "small.png", "--mask", "small-mask.png", "--strength", "2"],
      /--strength: expected a number from 0 to 1/,
    ],
    [["score", "small.png", "--class", "hat"], /--class: expected/],
    [["generate", "--large", "windows", "--class", "bag"], /--size: expected the size to draw with --large windows/],
  ])("%j", async (argv, message) => {
    const paths = argv.map((word) => (word.endsWith(".png") ? at(word) : word));
    const { code, err } = await command("none", ...(paths as [string, ...string[]]));
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });
});
