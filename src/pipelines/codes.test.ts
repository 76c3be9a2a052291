import { FlexVAR, type PlanarBatch } from "flexvar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { floats, goldenNpz } from "../../test/support/golden-npz.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;
let pair: PlanarBatch;

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path));
  pair = { data: floats(await goldenNpz("tokenizer.npz"), "img_pair"), batch: 2, height: 96, width: 96 };
});

afterAll(async () => {
  await pipe.dispose();
  await scratch.remove();
});

describe("a tokenizer alone", () => {
  test("encodes and decodes, and refuses to generate", async () => {
    const [scale] = await pipe.encode(pair, [[6, 6]]);
    const image = await pipe.decode(scale!);
    expect([image.batch, image.height, image.width]).toEqual([2, 96, 96]);
    await expect(pipe.generate({ classLabels: [0] }).next()).rejects.toThrow(
      "model: expected a transformer to generate with, got a tokenizer alone",
    );
  });

  test("a batch gives, bit for bit, what its pictures give alone", async () => {
    const size = 3 * 96 * 96;
    const [scale] = await pipe.encode(pair, [[5, 3]]);
    const image = await pipe.decode(scale!);
    for (const b of [0, 1]) {
      const alone = { ...pair, data: pair.data.subarray(b * size, (b + 1) * size), batch: 1 };
      const [own] = await pipe.encode(alone, [[5, 3]]);
      expect(own!.tokens).toEqual(scale!.tokens.slice(b * 15, (b + 1) * 15));
      const half = image.data.length / 2;
      expect((await pipe.decode(own!)).data).toEqual(image.data.slice(b * half, (b + 1) * half));
    }
  });

  test("no grids give no scales", async () => expect(await pipe.encode(pair, [])).toEqual([]));
});

describe("what cannot be", () => {
  test.each<[Partial<PlanarBatch>, string]>([
    [{ width: 95 }, "encode: expected sides in multiples of 16 pixels, got 95x96"],
    [{ height: 0 }, "encode: expected sides in multiples of 16 pixels, got 96x0"],
    [{ batch: 3 }, "encode: expected 3x3x96x96 values, at least one picture, got 55296"],
    [{ batch: 0, data: new Float32Array() }, "encode: expected 0x3x96x96 values, at least one picture, got 0"],
  ])("pictures %o", async (part, message) => {
    await expect(pipe.encode({ ...pair, ...part }, [[1, 1]])).rejects.toThrow(message);
  });

  test("grids without cells", async () => {
    await expect(pipe.encode(pair, [[0, 4]])).rejects.toThrow(/expected/);
  });

  test.each([
    [[0, 1, 2], "decode: expected tokens for whole grids of 2x2, got 3"],
    [[], "decode: expected tokens for whole grids of 2x2, got 0"],
    [[0, 1, 64, 2], "decode: expected code ids from 0 to 63, got 64"],
    [[0, -1, 3, 2], "decode: expected code ids from 0 to 63, got -1"],
  ])("tokens %j", async (tokens, message) => {
    await expect(pipe.decode({ grid: [2, 2], tokens: Int32Array.from(tokens) })).rejects.toThrow(message);
  });
});
