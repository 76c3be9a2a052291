/** Checkpoints that do not fit: each refused in words that name the file, what was expected and what was found. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TensorSource, tensorSource, writePth, writeSafetensors } from "../../src/checkpoint/index.ts";
import { FlexVAR, importModel } from "../../src/index.ts";
import * as models from "../../src/models/index.ts";
import type { ParamDecl } from "../../src/nn/index.ts";
import { goldenPath, scratchFolder } from "../support/golden.ts";
import { randomWeights, tensorSources, writeRandomModel } from "../support/random-model.ts";

const tokenizer: models.TokenizerConfig = {
  ...models.vq16,
  baseChannels: 32,
  channelMultipliers: [1, 2],
  resBlocks: 1,
  decoderResBlocks: 1,
  latentChannels: 8,
  codeDim: 4,
  codebookSize: 20,
};
const transformer: models.TransformerConfig = {
  ...models.flexvarConfig(1),
  width: 32,
  heads: 2,
  mlpWidth: 40,
  numClasses: 3,
  codebookSize: 20,
  codeDim: 4,
  positionSide: 8,
};

const scratch = await scratchFolder();
afterAll(() => scratch.remove());
let good: { readonly tokenizerFile: string; readonly transformerFile: string };
let number = 0;

beforeAll(async () => {
  good = await writeRandomModel(scratch.path, tokenizer, transformer, "float32", 1);
});

const floats = (...shape: number[]): TensorSource =>
  tensorSource("float32", shape, new Uint8Array(4 * shape.reduce((n, d) => n * d, 1)));

type Change = (tensors: Map<string, TensorSource>) => void;

/** A checkpoint of a network, changed before it is written. */
async function changed(decls: readonly ParamDecl[], change: Change): Promise<string> {
  const tensors = tensorSources(decls, randomWeights(decls, "float32", 2), "float32");
  change(tensors);
  const path = join(scratch.path, `changed-${number++}.pth`);
  await writePth(path, tensors);
  return path;
}

/** Expects an import to fail with these words, about this file, and to leave nothing behind. */
async function expectRefused(
  request: { tokenizer?: string; transformer?: string; labels?: string[] },
  file: string,
  words: RegExp,
): Promise<void> {
  const parent = join(scratch.path, `refused-${number++}`);
  await mkdir(parent);
  const message = await importModel({
    tokenizer: good.tokenizerFile,
    transformer: good.transformerFile,
    ...request,
    out: join(parent, "model"),
  }).then(
    () => "imported",
    (error: Error) => error.message,
  );
  expect(message.startsWith(`${file}: `), message).toBe(true);
  expect(message).toMatch(words);
  expect(await readdir(parent)).toEqual([]);
}

test("the checkpoints as they are can be imported", async () => {
  const out = join(scratch.path, "good");
  const { config } = await importModel({ tokenizer: good.tokenizerFile, transformer: good.transformerFile, out });
  expect(config).toMatchObject({ tokenizer, transformer });
});

describe("tokenizer", () => {
  const cases: [string, Change, RegExp][] = [
    ["a missing tensor", (t) => t.delete("decoder.mid.1.k.bias"), /got missing tensors: decoder\.mid\.1\.k\.bias$/],
    ["an unknown tensor", (t) => t.set("encoder.extra", floats(2)), /got unknown tensors: encoder\.extra$/],
    [
      "a wrong shape",
      (t) => t.set("encoder.norm_out.weight", floats(63)),
      /wrong shapes: encoder\.norm_out\.weight: expected \[64\], got \[63\]$/,
    ],
    [
      "several at once",
      (t) => {
        t.delete("quant_conv.bias");
        t.set("a", floats(1));
      },
      /missing tensors: quant_conv\.bias; unknown tensors: a$/,
    ],
    ["no codebook", (t) => t.delete(models.CODEBOOK), /expected a tensor "quantize\.embedding\.weight", got none$/],
    [
      "a codebook of another rank",
      (t) => t.set(models.CODEBOOK, floats(20)),
      /expected 2 positive dimensions for "quantize\.embedding\.weight", got \[20\]$/,
    ],
    [
      "whole numbers for weights",
      (t) => t.set("quant_conv.bias", tensorSource("int32", [4], new Uint8Array(16))),
      /expected floating-point numbers in "quant_conv\.bias", got int32$/,
    ],
    [
      "a level far beyond",
      (t) => t.set("encoder.conv_blocks.99999.res.0.conv1.weight", floats(1)),
      /expected 1\.\.512 levels, got 100000$/,
    ],
    [
      "input channels of no picture",
      (t) => t.set("encoder.conv_in.weight", floats(32, 4, 3, 3)),
      /expected 3·k² input channels of "encoder\.conv_in\.weight", got 4$/,
    ],
  ];
  test.each(cases)("%s", async (_, change, words) => {
    const file = await changed(models.declareTokenizer(tokenizer), change);
    await expectRefused({ tokenizer: file }, file, words);
  });
});

describe("transformer", () => {
  const cases: [string, Change, RegExp][] = [
    ["a missing tensor", (t) => t.delete("blocks.0.attn.v_bias"), /got missing tensors: blocks\.0\.attn\.v_bias$/],
    ["an unknown tensor", (t) => t.set("lvl_embed.weight", floats(2)), /got unknown tensors: lvl_embed\.weight$/],
    [
      "a wrong shape",
      (t) => t.set("blocks.0.ffn.fc2.weight", floats(32, 41)),
      /wrong shapes: blocks\.0\.ffn\.fc2\.weight: expected \[32, 40\], got \[32, 41\]$/,
    ],
    ["a gap in the blocks", (t) => t.set("blocks.2.attn.q_bias", floats(32)), /missing tensors: blocks\.1\.attn/],
    [
      "a width that its heads do not divide",
      (t) => t.set("blocks.0.attn.scale_mul_1H11", floats(1, 3, 1, 1)),
      /expected a width divisible by 3 heads, got 32$/,
    ],
    [
      "a width that 64 does not divide, without q/k normalisation",
      (t) => t.delete("blocks.0.attn.scale_mul_1H11"),
      /expected a width divisible by 64 \(heads without q\/k normalisation\), got 32$/,
    ],
    [
      "a position map that is not square",
      (t) => t.set("pos_1LC", floats(1, 32, 8, 9)),
      /expected a square position map, got 8x9$/,
    ],
    [
      "no classes",
      (t) => t.set("class_emb.weight", floats(1, 32)),
      /expected at least 2 rows of "class_emb\.weight" .*, got 1$/,
    ],
  ];
  test.each(cases)("%s", async (_, change, words) => {
    const file = await changed(models.declareTransformer(transformer), change);
    await expectRefused({ transformer: file }, file, words);
  });

  test.each([
    { codebookSize: 21, words: /expected the tokenizer's codebook of 20x4 in the transformer, got 21x4$/ },
    { codeDim: 5, words: /expected the tokenizer's codebook of 20x4 in the transformer, got 20x5$/ },
  ])("another codebook than the tokenizer's", async ({ words, ...part }) => {
    const file = await changed(models.declareTransformer({ ...transformer, ...part }), () => undefined);
    await expectRefused({ transformer: file }, file, words);
  });

  test("more labels than classes", async () => {
    await expectRefused({ labels: ["a", "b", "c", "d"] }, good.transformerFile, /expected at most 3 labels, got 4$/);
  });
});

describe("files in each other's place", () => {
  test("a transformer as tokenizer", async () => {
    const tokenizer = good.transformerFile;
    await expectRefused({ tokenizer }, tokenizer, /expected a tensor "encoder\.conv_in\.weight", got none/);
  });

  test("a tokenizer as transformer", async () => {
    const transformer = good.tokenizerFile;
    await expectRefused({ transformer }, transformer, /expected a tensor "class_emb\.weight", got none/);
  });

  test("an array archive, a text, nothing", async () => {
    const npz = goldenPath("ops.npz");
    await expectRefused(
      { tokenizer: npz },
      npz,
      /expected a \.pth \(zip form\) or \.safetensors checkpoint, got a NumPy/,
    );
    const text = join(scratch.path, "notes.txt");
    await writeFile(text, "no checkpoint\n");
    await expectRefused({ transformer: text }, text, /expected a \.pth.*got bytes of no known/);
    const absent = join(scratch.path, "absent.pth");
    await expectRefused({ transformer: absent }, absent, /expected .*got/);
  });
});

describe("the folder", () => {
  test("one that holds something is left alone", async () => {
    const out = join(scratch.path, "full");
    await mkdir(out);
    await writeFile(join(out, "mine.txt"), "kept");
    await expect(importModel({ tokenizer: good.tokenizerFile, out })).rejects.toThrow(
      `${out}: expected a new or empty folder, got one with 1 entries`,
    );
    expect(await readdir(out)).toEqual(["mine.txt"]);
  });

  test("an empty one is filled; an aborted import leaves nothing", async () => {
    const out = join(scratch.path, "empty");
    await mkdir(out);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(importModel({ tokenizer: good.tokenizerFile, out, signal })).rejects.toThrow("enough");
    expect(await readdir(out)).toEqual([]);
    await importModel({ tokenizer: good.tokenizerFile, out });
    expect((await readdir(out)).sort()).toEqual(["README.md", "config.json", "tokenizer.safetensors"]);
  });

  test("weights that do not fit its config are named when it is opened", async () => {
    const out = join(scratch.path, "mismatched");
    await importModel({ tokenizer: good.tokenizerFile, transformer: good.transformerFile, out });
    const file = join(out, "transformer.safetensors");
    const decls = models.declareTransformer({ ...transformer, depth: 2 });
    await writeSafetensors(file, tensorSources(decls, randomWeights(decls, "float32", 3), "float32"));
    await expect(FlexVAR.fromPretrained(out)).rejects.toThrow(
      /transformer\.safetensors: expected .*unknown tensors: blocks\.1/,
    );
    await expect(FlexVAR.fromPretrained(join(scratch.path, "nowhere"))).rejects.toThrow(
      /nowhere: expected a model folder with config\.json, got no such file/,
    );
  });

  test("weights that are not finite end generation in words", async () => {
    const file = await changed(models.declareTransformer(transformer), (t) => {
      t.set("head.bias", tensorSource("float32", [20], new Uint8Array(new Float32Array(20).fill(Number.NaN).buffer)));
    });
    const out = join(scratch.path, "nan");
    await importModel({ tokenizer: good.tokenizerFile, transformer: file, out });
    await using pipe = await FlexVAR.fromPretrained(out);
    for (const greedy of ["none", "1"])
      await expect(pipe.generate({ classLabels: [0], scales: "1", greedy }).next()).rejects.toThrow(
        /expected finite logits, got NaN/,
      );
  });
});
