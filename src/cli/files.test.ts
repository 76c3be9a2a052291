import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npyArray, writeNpz } from "../checkpoint/index.ts";
import { chosenScales } from "./decode.ts";
import { centredCrop } from "./encode.ts";
import { modelHash } from "./identity.ts";
import { findModel } from "./model.ts";
import { olderPictures, pictureName, scaleName } from "./output.ts";
import { perPicture, readTokens, writeTokens } from "./tokens-file.ts";

let folder = "";
const at = (...parts: string[]): string => join(folder, ...parts);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-cli-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function makeModel(...parts: string[]): Promise<void> {
  await mkdir(at(...parts), { recursive: true });
  await writeFile(at(...parts, "config.json"), "{}");
}

describe("finding a model", () => {
  test("a folder, a shipped name, the preferred shipped one", async () => {
    await makeModel("shipped", "zebra");
    await makeModel("own");
    expect(findModel(at("own"), { shippedIn: at("shipped") })).toBe(at("own"));
    expect(findModel("zebra", { shippedIn: at("shipped") })).toBe(at("shipped", "zebra"));
    expect(findModel(undefined, { shippedIn: at("shipped") })).toBe(at("shipped", "zebra"));
    await makeModel("shipped", "fashion");
    expect(findModel(undefined, { shippedIn: at("shipped") })).toBe(at("shipped", "fashion"));
    await makeModel("shipped", "emoji");
    expect(findModel(undefined, { shippedIn: at("shipped") })).toBe(at("shipped", "emoji"));
    expect(() => findModel("horse", { shippedIn: at("shipped") })).toThrow(
      /shipped model \(emoji, fashion, zebra\), got "horse"/,
    );
    expect(() => findModel(folder, { shippedIn: at("shipped") })).toThrow(/\(it holds no config\.json\)/);
  });

  test("where none ships the way to one is named", () => {
    expect(() => findModel(undefined, { shippedIn: at("none") })).toThrow(
      /none ships yet: make one with `flexvar import/,
    );
  });
});

describe("a model's identity", () => {
  test("follows the content, not the place; a change anywhere in small files, throughout large ones, shows", async () => {
    const large = Buffer.alloc(9_000_001, 7);
    await makeModel("one");
    await writeFile(at("one", "tokenizer.safetensors"), "weights");
    await writeFile(at("one", "transformer.safetensors"), large);
    const hash = await modelHash(at("one"));
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    await cp(at("one"), at("two"), { recursive: true });
    expect(await modelHash(at("two"))).toBe(hash);
    const changed = async (name: string, bytes: Buffer) => {
      const before = await readFile(at("two", name));
      await writeFile(at("two", name), bytes);
      const after = await modelHash(at("two"));
      await writeFile(at("two", name), before);
      return after;
    };
    const seen = [
      hash,
      await changed("config.json", Buffer.from("{ }")),
      await changed("tokenizer.safetensors", Buffer.from("weightS")),
      await changed("transformer.safetensors", large.subarray(1)),
      await changed("transformer.safetensors", Buffer.from(large).fill(8, 4_000_000, 4_300_000)),
      await changed("transformer.safetensors", Buffer.from(large).fill(8, large.length - 1)),
    ];
    expect(new Set(seen).size).toBe(seen.length);
    await rm(at("two", "transformer.safetensors"));
    expect(seen).not.toContain(await modelHash(at("two")));
  });
});

describe("names of results", () => {
  test("have three digits, or as many as sort", () => {
    expect([pictureName(7, 10), pictureName(7, 1001), pictureName(1000, 1001), scaleName(3, 4, 11)]).toEqual([
      "007.png",
      "0007.png",
      "1000.png",
      "003_11.png",
    ]);
  });

  test("pictures that a run did not write are found", async () => {
    await mkdir(at("out"));
    for (const name of ["000.png", "001.png", "002.png", "photo.png"]) await writeFile(at("out", name), "");
    expect(await olderPictures(at("out"), 1)).toEqual(["001.png", "002.png"]);
    expect(await olderPictures(at("out"), 3)).toEqual([]);
  });
});

describe("token files", () => {
  const int64 = (shape: number[], values: number[]) =>
    npyArray("int64", shape, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));

  test("are read as they were written, all scales or some", async () => {
    const scales = [
      { grid: [1, 1] as const, tokens: Int32Array.of(5, 6) },
      { grid: [2, 3] as const, tokens: Int32Array.from({ length: 12 }, (_, i) => i) },
    ];
    await writeTokens(at("t.npz"), scales);
    expect(await readTokens(at("t.npz"))).toEqual(scales.map((scale, index) => ({ index, scale })));
    expect(await readTokens(at("t.npz"), () => [1])).toEqual([{ index: 1, scale: scales[1] }]);
    expect(perPicture(scales[1]!).map(({ tokens }) => [...tokens])).toEqual([
      [0, 1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10, 11],
    ]);
  });

  test("int32 arrays, as NumPy users may write them, are read too", async () => {
    const scales = npyArray("int32", [1, 2], new Uint8Array(Int32Array.of(1, 2).buffer));
    const tokens = npyArray("int32", [1, 1, 2], new Uint8Array(Int32Array.of(3, 4).buffer));
    await writeNpz(at("int32.npz"), { scales, tokens_00: tokens });
    expect(await readTokens(at("int32.npz"))).toEqual([
      { index: 0, scale: { grid: [1, 2], tokens: Int32Array.of(3, 4) } },
    ]);
  });

  test.each([
    ["no scales", { tokens_00: int64([1, 1, 1], [0]) }, /an array "scales"/],
    ["scales of another shape", { scales: int64([2], [1, 1]) }, /expected scales of shape \[n, 2\], got \[2\]/],
    ["a grid of no cells", { scales: int64([1, 2], [0, 1]) }, /expected grid sides from 1 to 1024, got 0x1/],
    [
      "tokens of another grid",
      { scales: int64([1, 2], [1, 1]), tokens_00: int64([1, 2, 2], [0, 0, 0, 0]) },
      /tokens_00: expected shape \[B, 1, 1\]/,
    ],
    ["a scale without tokens", { scales: int64([1, 2], [1, 1]) }, /an array "tokens_00"/],
    [
      "floats",
      { scales: int64([1, 2], [1, 1]), tokens_00: npyArray("float32", [1, 1, 1], new Uint8Array(4)) },
      /tokens_00: expected whole numbers, got float32/,
    ],
  ])("%s is named", async (_, arrays, message) => {
    await writeNpz(at("bad.npz"), arrays);
    await expect(readTokens(at("bad.npz"))).rejects.toThrow(message);
  });
});

test("scales to decode", () => {
  expect([chosenScales(undefined, 3), chosenScales("all", 3), chosenScales("1", 3)]).toEqual([[2], [0, 1, 2], [1]]);
  for (const bad of ["3", "-1", "last", ""])
    expect(() => chosenScales(bad, 3)).toThrow(/--scale: expected a number from 0 to 2/);
});

test("pictures are cropped around the centre to whole tokens", () => {
  expect(centredCrop({ width: 100, height: 64 }, 16, "f")).toEqual({ left: 2, top: 0, width: 96, height: 64 });
  expect(() => centredCrop({ width: 15, height: 64 }, 16, "f.png")).toThrow(
    /f\.png: expected sides of at least 16 pixels, got 15x64/,
  );
  expect(() => centredCrop({ width: 8192, height: 8192 }, 16, "f.png")).toThrow(/at most 16384 tokens, got 512x512/);
});
