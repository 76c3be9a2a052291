import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { greyPng, pngChunk, textBomb } from "../../test/support/picture-bombs.ts";
import { createRandom } from "../sampling/index.ts";
import type { RgbImage } from "./pixels.ts";
import { readPngText } from "./png-read.ts";
import { encodePng } from "./png-write.ts";
import { canonicalJson, readableLine, readSettings, settingsText } from "./settings.ts";

function picture(width: number, height: number, noise = 20): RgbImage {
  const rng = createRandom(width * 1000 + height);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = 128 + 90 * Math.sin(i / 30 / width) + rng.int(noise);
  return { data, width, height };
}

describe("encodePng", () => {
  it.each([
    [1, 1],
    [7, 3],
    [64, 48],
    [1, 300],
  ])("%ix%i pixels are read back by another decoder", async (width, height) => {
    const image = picture(width, height);
    const { data, info } = await sharp(encodePng(image)).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([width, height, 3]);
    expect(new Uint8Array(data)).toEqual(image.data);
  });

  it("gives the same bytes for the same request, without a time", () => {
    const text = { parameters: "Seed: 1", flexvar: "{}" };
    const bytes = encodePng(picture(20, 20), text);
    expect(Buffer.compare(bytes, encodePng(picture(20, 20), text))).toBe(0);
    expect(Buffer.from(bytes).includes("tIME")).toBe(false);
    expect(bytes).not.toEqual(encodePng(picture(20, 20)));
  });

  it("gives the recorded bytes, those of any platform", () => {
    const data = Uint8Array.from({ length: 3 * 64 * 48 }, (_, i) => (i % 97 < 50 ? i * i : i & 31));
    const bytes = encodePng({ data, width: 64, height: 48 });
    expect(createHash("sha256").update(bytes).digest("hex").slice(0, 16)).toMatchInlineSnapshot(`"3815509a5ce4db63"`);
  });

  it.each(["best-of", "inpaint"])("is not larger than a common encoder's by much: %s", async (name) => {
    const picture = sharp(fileURLToPath(new URL(`../../docs/images/${name}.png`, import.meta.url))).removeAlpha();
    const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
    const common = await picture.png({ compressionLevel: 9, adaptiveFiltering: true }).toBuffer();
    const { width, height } = info;
    expect(encodePng({ data: new Uint8Array(data), width, height }).length).toBeLessThan(common.length * 1.1);
  });

  it("refuses impossible keywords and sizes", () => {
    expect(() => encodePng(picture(2, 2), { "": "x" })).toThrow("a keyword of 1 to 79 Latin-1 characters");
    expect(() => encodePng(picture(2, 2), { ["k".repeat(80)]: "x" })).toThrow("keyword");
    expect(() => encodePng(picture(2, 2), { a: "x\0y" })).toThrow("text without NUL");
    expect(() => encodePng({ ...picture(2, 2), width: 3 })).toThrow("expected 3x2x3 = 18 bytes, got 12");
  });
});

describe("text chunks", () => {
  it("hold any text, Latin-1 or not", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 }).filter((s) => !s.includes("\0"));
    const image = picture(1, 1);
    fc.assert(
      fc.property(text, (value) => {
        expect(readPngText(encodePng(image, { parameters: value })).get("parameters")).toBe(value);
      }),
    );
    expect(Buffer.from(encodePng(image, { a: "größe\n2" })).includes("tEXt")).toBe(true);
    expect(Buffer.from(encodePng(image, { a: "猫" })).includes("iTXt")).toBe(true);
  });

  it("are read from hostile bytes without trouble", () => {
    const good = encodePng(picture(4, 4), { parameters: "Seed: 1", flexvar: '{"version":1}', note: "日本" });
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
    fc.assert(
      fc.property(edits, fc.nat(good.length), (changes, length) => {
        const bytes = good.slice(0, length);
        for (const [at, value] of changes) if (at >= 8) bytes[at] = value;
        if (length < 8) {
          expect(() => readPngText(bytes)).toThrow("expected a file that begins with the PNG signature");
        } else {
          for (const [key, value] of readPngText(bytes)) {
            expect({ parameters: "Seed: 1", flexvar: '{"version":1}', note: "日本" }).toMatchObject({ [key]: value });
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("are bounded", () => {
    const bytes = encodePng(picture(1, 1), { big: "x".repeat(2000), small: "y" });
    expect([...readPngText(bytes, { maxTextBytes: 1000 }).keys()]).toEqual(["small"]);
    expect(readPngText(bytes, { maxChunks: 1 }).size).toBe(0);
  });
});

describe("settings in any legal text chunk", () => {
  const record = { seed: 7, className: "猫 größe" };
  const json = canonicalJson({ version: 2, settings: record });
  const latin = canonicalJson({ version: 2, settings: { seed: 7, className: "größe" } });
  const key = (rest: string, keyword = "flexvar"): Buffer => Buffer.from(`${keyword}\0${rest}`, "latin1");
  const itxt = (flag: number, text: Uint8Array, tags = "de\0Einstellungen\0"): Buffer =>
    pngChunk("iTXt", Buffer.concat([key(`${String.fromCharCode(flag)}\0${tags}`), text]));
  const at = (where: "before" | "after", chunks: readonly Buffer[]): Uint8Array => {
    if (where === "before") return greyPng(8, 8, chunks);
    const png = greyPng(8, 8);
    return Buffer.concat([png.subarray(0, -12), ...chunks, png.subarray(-12)]);
  };
  const noise = [
    pngChunk("tEXt", key("x", "Software")),
    pngChunk("zTXt", Buffer.concat([key("\0", "Comment"), deflateSync("c")])),
  ];

  it.each([
    ["tEXt", pngChunk("tEXt", key(latin)), "größe"],
    ["zTXt", pngChunk("zTXt", Buffer.concat([key("\0"), deflateSync(Buffer.from(latin, "latin1"))])), "größe"],
    ["iTXt", itxt(0, Buffer.from(json)), "猫 größe"],
    ["iTXt without tags", itxt(0, Buffer.from(json), "\0\0"), "猫 größe"],
    ["compressed iTXt", itxt(1, deflateSync(Buffer.from(json))), "猫 größe"],
    ["iTXt compressed hard", itxt(1, deflateSync(Buffer.from(json), { level: 9, memLevel: 9 })), "猫 größe"],
    ["iTXt stored", itxt(1, deflateSync(Buffer.from(json), { level: 0 })), "猫 größe"],
    ["iTXt with a byte-order mark", itxt(1, deflateSync(Buffer.from(`\ufeff${json}`))), "猫 größe"],
  ])("%s, before and after the pixels and other texts", (_, chunk, className) => {
    for (const where of ["before", "after"] as const)
      for (const chunks of [[chunk], [...noise, chunk], [chunk, ...noise]])
        expect(readSettings(at(where, chunks))).toEqual({ seed: 7, className });
  });

  it("what is no legal text is passed over for one that is", () => {
    const good = itxt(1, deflateSync(Buffer.from(json)));
    for (const bad of [
      itxt(2, Buffer.from(json)),
      pngChunk("iTXt", key("\x01\x01\0\0x")),
      pngChunk("zTXt", key("\x01x")),
      pngChunk("zTXt", key("\0not zlib")),
      pngChunk("zTXt", Buffer.concat([key("\0"), deflateSync(Buffer.from(json)).subarray(0, 20)])),
      itxt(1, deflateSync(Buffer.of(0xff, 0xfe, 0x41))),
      itxt(1, deflateSync(Buffer.alloc(50_000_000))),
    ])
      expect(readSettings(at("before", [bad, good]))).toEqual(record);
  });

  it("texts that unpack to gigabytes are given up early", () => {
    const bombs = [textBomb("zTXt", 40, 50_000_000), textBomb("iTXt", 40, 50_000_000)];
    const began = performance.now();
    for (const bomb of bombs) expect(readPngText(bomb).size).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe("settings", () => {
  const settings = { classLabel: 3, className: "cat face", seed: 7, topK: 900, size: [64, 32], steps: null };

  it("go in and come out", () => {
    const png = encodePng(picture(2, 2), settingsText(settings));
    expect(readSettings(png)).toEqual(settings);
    expect(readPngText(png).get("parameters")).toBe(
      "Class label: 3, Class name: cat face, Seed: 7, Top k: 900, Size: [64,32]",
    );
    expect(readableLine({ top_k: 1, note: null })).toBe("Top k: 1");
  });

  it("do not depend on the order of keys", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
    expect(() => canonicalJson(Number.NaN)).toThrow("expected a finite number");
  });

  it("are refused where they are not what they should be", () => {
    const png = (flexvar: string) => encodePng(picture(1, 1), { flexvar });
    expect(() => readSettings(encodePng(picture(1, 1)))).toThrow('under the text key "flexvar", got none');
    expect(() => readSettings(png("{"))).toThrow("expected JSON");
    expect(() => readSettings(png('{"version":2,"settings":{"topP":NaN}}'))).toThrow(
      'PNG: text key "flexvar": settings.topP: expected a finite number, got NaN (line 1, column 33)',
    );
    expect(readSettings(png('\ufeff{"version":2,"settings":{"seed":1}}'))).toEqual({ seed: 1 });
    expect(() => readSettings(png('{"version":3}'))).toThrow("expected settings of version 2, got 3");
    expect(() => readSettings(png('{"version":2,"settings":[]}'))).toThrow("to be an object");
    expect(() => readSettings(png("null"))).toThrow("got undefined");
  });
});
