import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { npyArray, readNpz, writeNpz } from "../checkpoint/index.ts";
import { CODEBOOK } from "../models/index.ts";
import { openFolder } from "../pretrained/node.ts";
import { parseConfig } from "./config.ts";
import type { TrainOptions } from "./experiment.ts";
import { LOG_FILE, readRecords } from "./log.ts";
import { CHECKPOINTS } from "./run.ts";
import { loadState, statePath } from "./state.ts";
import { tokenizerTrainingSchema } from "./tokenizer-config.ts";
import { trainTokenizer } from "./tokenizer-trainer.ts";
import { transformerTrainingSchema } from "./transformer-config.ts";
import { trainTransformer } from "./transformer-trainer.ts";

const SIDE = 8;
const PICTURES = 24;
let folder: string;
let data: string;

/** Two classes: left half dark, or top half dark; brightness varies. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-train-"));
  data = join(folder, "shapes.npz");
  const images = new Uint8Array(PICTURES * SIDE * SIDE * 3);
  for (let i = 0; i < images.length; i++) {
    const picture = Math.floor(i / (SIDE * SIDE * 3));
    const x = Math.floor(i / 3) % SIDE;
    const y = Math.floor(i / (3 * SIDE)) % SIDE;
    const dark = picture % 2 === 0 ? x < SIDE / 2 : y < SIDE / 2;
    images[i] = dark ? 20 + 3 * picture : 255 - 3 * picture;
  }
  const labels = BigInt64Array.from({ length: PICTURES }, (_, i) => BigInt(i % 2));
  const split = Uint8Array.from({ length: PICTURES }, (_, i) => (i % 6 === 5 ? 1 : 0));
  await writeNpz(data, {
    images: npyArray("uint8", [PICTURES, SIDE, SIDE, 3], images),
    labels: npyArray("int64", [PICTURES], new Uint8Array(labels.buffer)),
    split: npyArray("uint8", [PICTURES], split),
  });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const about = { aim: "test", command: "test", expected: "test", time: "test" };
const run = { logEvery: 1, checkpointEvery: 2, evaluateEvery: 4, evaluatePictures: 4, sheetPictures: 2 };

const tokenizerConfig = (update: "average" | "gradient", changes: Record<string, unknown> = {}) =>
  parseConfig(
    tokenizerTrainingSchema,
    {
      kind: "tokenizer",
      about,
      model: {
        baseChannels: 8,
        channelMultipliers: [1],
        resBlocks: 1,
        decoderResBlocks: 1,
        attention: false,
        latentChannels: 8,
        codeDim: 4,
        codebookSize: 16,
        normGroups: 4,
        patchSize: 2,
      },
      data: { size: SIDE, batchSize: 4 },
      scales: { perBatch: 2, preferred: [1, 2, 3] },
      loss: { absolute: 0.1, gradient: 0.1 },
      codebook: { update, deadAfter: 2 },
      optimizer: { peakLr: 0.003, warmupSteps: 2, steps: 6 },
      run,
      ...changes,
    },
    "test",
  );

const transformerConfig = (tokenizer: string, changes: Record<string, unknown> = {}) =>
  parseConfig(
    transformerTrainingSchema,
    {
      kind: "transformer",
      about,
      tokenizer,
      model: { depth: 2, width: 16, heads: 2, mlpWidth: 32, positionSide: 4 },
      data: { size: SIDE, batchSize: 4, augmentedCopies: 1, augment: { shift: 0.1 } },
      schedules: {
        tableShare: 0.5,
        phases: [
          { share: 0.5, maxSide: 2 },
          { share: 0.5, maxSide: 4 },
        ],
      },
      regularisation: { dropPath: 0.3, labelSmoothing: 0.1 },
      optimizer: { peakLr: 0.003, warmupSteps: 2, steps: 6 },
      samples: { perClass: 1 },
      run,
      ...changes,
    },
    "test",
  );

/** Runs to `stop`, then resumes, with a train function of config-bound arguments. */
async function broken(train: (options: TrainOptions) => Promise<unknown>, stop: number): Promise<void> {
  const abort = new AbortController();
  const log = (line: string): void => {
    if (line.startsWith(`step ${stop}/`)) abort.abort();
  };
  await train({ threads: 1, log, signal: abort.signal });
  await train({ threads: 1, resume: true });
}

async function expectSameEnd(a: string, b: string): Promise<void> {
  const [one, other] = await Promise.all([a, b].map((out) => loadState(statePath(join(out, CHECKPOINTS), 6))));
  expect(one!.json).toEqual(other!.json);
  expect([...one!.arrays.keys()].sort()).toEqual([...other!.arrays.keys()].sort());
  for (const [name, { data: values }] of one!.arrays) expect(values, name).toEqual(other!.arrays.get(name)!.data);
}

describe("trainTokenizer", () => {
  it("interrupted and resumed is the unbroken run bit for bit, and leaves a model folder", async () => {
    const whole = join(folder, "tokenizer-average");
    const parted = join(folder, "tokenizer-average-parted");
    const config = tokenizerConfig("average");
    await trainTokenizer(config, data, whole, { threads: 1 });
    await broken((options) => trainTokenizer(config, data, parted, options), 3);
    await expectSameEnd(whole, parted);
    const model = await openFolder(join(whole, "model"));
    expect(model.config).toMatchObject({ trainedSide: 4, transformer: null, id2label: ["0", "1"] });
    await model.close();
    const records = await readRecords(join(whole, LOG_FILE));
    const evaluation = records.findLast((r) => r.kind === "evaluate")!;
    expect(Object.keys(evaluation.psnr as object)).toEqual(["1", "2", "3", "4"]);
    expect((await readFile(join(whole, "sheets", "step-0000006.png"))).subarray(1, 4).toString()).toBe("PNG");
  }, 120_000);

  it("trains codes by gradient and a discriminator from its start step on", async () => {
    const out = join(folder, "tokenizer-gradient");
    const adversarial = { startStep: 4, baseChannels: 4, layers: 1 };
    const config = tokenizerConfig("gradient", { scales: { perBatch: 1 }, adversarial });
    await trainTokenizer(config, data, out, { threads: 1 });
    const at = async (step: number) => (await loadState(statePath(join(out, CHECKPOINTS), step))).arrays;
    const [early, late] = [await at(4), await at(6)];
    expect(late.get(`m:${CODEBOOK}`)!.data.some((m) => m !== 0)).toBe(true);
    expect(late.get(CODEBOOK)!.data).not.toEqual(early.get(CODEBOOK)!.data);
    const judged = (await readRecords(join(out, LOG_FILE))).filter((r) => "adversarial" in r).map((r) => r.step);
    expect(judged).toEqual([5, 6]);
    const moments = "m:discriminator.out.weight";
    expect(early.get(moments)!.data.every((m) => m === 0)).toBe(true);
    expect(late.get(moments)!.data.some((m) => m !== 0)).toBe(true);
  }, 120_000);
});

it("a decoder trained alone keeps encoder and codes as they were", async () => {
  const before = join(folder, "tokenizer-average", "model");
  const out = join(folder, "tokenizer-decoder");
  const lines: string[] = [];
  const config = tokenizerConfig("average", { start: before, train: "decoder" });
  await trainTokenizer(config, data, out, { threads: 1, log: (line) => lines.push(line) });
  const [old, changed] = await Promise.all([before, join(out, "model")].map(tokenizerArrays));
  const moved = [...old!].filter(([name, bytes]) => !bytes.equals(changed!.get(name)!)).map(([name]) => name);
  expect(moved.length).toBeGreaterThan(10);
  expect(moved.filter((name) => !/^(decoder|post_quant_conv)\./.test(name))).toEqual([]);
  expect(lines.some((line) => /^start: (\d+) of \1 tensors from/.test(line))).toBe(true);
  await expect(trainTokenizer(tokenizerConfig("average", { train: "decoder" }), data, `${out}-2`)).rejects.toThrow(
    "start: expected a model to take encoder and codes from, got none",
  );
}, 120_000);

/** Bytes of every tensor of a folder's tokenizer. */
async function tokenizerArrays(path: string): Promise<Map<string, Buffer>> {
  const { tokenizer, close } = await openFolder(path);
  const out = new Map<string, Buffer>();
  for (const [name, entry] of tokenizer.file.tensors) out.set(name, Buffer.from(await entry.read()));
  await close();
  return out;
}

describe("trainTransformer", () => {
  it("interrupted and resumed is the unbroken run bit for bit, and leaves a model that samples", async () => {
    const tokenizer = join(folder, "tokenizer-average", "model");
    const [whole, parted] = [join(folder, "transformer"), join(folder, "transformer-parted")];
    const config = transformerConfig(tokenizer);
    await trainTransformer(config, data, whole, { threads: 1 });
    await broken((options) => trainTransformer(config, data, parted, options), 3);
    await expectSameEnd(whole, parted);
    const model = await openFolder(join(whole, "model"));
    expect(model.config.transformer).toMatchObject({ depth: 2, numClasses: 2, codebookSize: 16 });
    await model.close();
    const evaluation = (await readRecords(join(whole, LOG_FILE))).findLast((r) => r.kind === "evaluate")!;
    expect(Object.keys(evaluation.perScale as object)).toEqual(["1", "2", "3", "4"]);
    expect(Number.isFinite(evaluation.loss)).toBe(true);
    expect(Object.keys(evaluation.nearest as object)).toEqual(["samples", "heldOut"]);
    const rows = (await readFile(join(whole, "held-out.md"), "utf8")).split("\n").filter((line) => /^\| \d/.test(line));
    expect(rows.map((line) => line.split("|")[1]!.trim())).toEqual(["1×1", "2×2", "3×3", "4×4"]);
    const neighbours = await readFile(join(whole, "sheets", "step-0000006-neighbours.png"));
    expect(neighbours.subarray(1, 4).toString()).toBe("PNG");
  }, 120_000);

  it("with Muon, styles, told changes and corrupted inputs resumes bit for bit and ships without the told vectors", async () => {
    const tokenizer = join(folder, "tokenizer-average", "model");
    await mkdir(join(folder, "styled"), { recursive: true });
    const styled = join(folder, "styled", "shapes.npz");
    const arrays = await readNpz(data);
    const styles = BigInt64Array.from({ length: PICTURES }, (_, i) => BigInt(i % 3));
    const asWritten = [...arrays].map(([name, { dtype, shape, data: values }]) => [
      name,
      npyArray(dtype, shape, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    ]);
    await writeNpz(styled, {
      ...Object.fromEntries(asWritten),
      styles: npyArray("int64", [PICTURES], new Uint8Array(styles.buffer)),
    });
    const names = {
      id2label: { 0: "left", 1: "top" },
      styles: ["pen", "ink", "oil"],
      groups: { half: ["left", "top"] },
    };
    await writeFile(join(folder, "styled", "classes.json"), JSON.stringify(names));
    const config = transformerConfig(tokenizer, {
      data: {
        size: SIDE,
        batchSize: 4,
        augment: { flip: 0 },
        told: { share: 0.5, transforms: [{ mirror: true }, { turns: 1, hue: 90 }] },
      },
      regularisation: { dropPath: 0.1, styleDrop: 0.3, corruption: 0.4, corruptionNeighbours: 4 },
      optimizer: { peakLr: 0.003, warmupSteps: 2, steps: 6, muon: {}, tableRate: 4 },
    });
    const [whole, parted] = [join(folder, "styled", "whole"), join(folder, "styled", "parted")];
    await trainTransformer(config, styled, whole, { threads: 1 });
    await broken((options) => trainTransformer(config, styled, parted, options), 3);
    await expectSameEnd(whole, parted);
    const model = await openFolder(join(whole, "model"));
    expect(model.config.styles).toEqual(["pen", "ink", "oil"]);
    expect(model.config.groups).toEqual({ half: ["left", "top"] });
    // Two classes, "no class" and three styles; the two told changes stay behind.
    const table = model.transformer!.decls.find(({ name }) => name === "class_emb.weight")!;
    expect(table.shape).toEqual([6, 16]);
    await model.close();
  }, 120_000);

  it("refines a model on its own predictions, gradients gathered, and resumes bit for bit", async () => {
    const tokenizer = join(folder, "tokenizer-average", "model");
    const start = join(folder, "transformer", "model");
    const [whole, parted] = [join(folder, "refined"), join(folder, "refined-parted")];
    const samples = { perClass: 0 };
    const config = transformerConfig(tokenizer, { start, refinement: {}, accumulate: 2, samples });
    await trainTransformer(config, data, whole, { threads: 1 });
    await broken((options) => trainTransformer(config, data, parted, options), 3);
    await expectSameEnd(whole, parted);
    const steps = (await readRecords(join(whole, LOG_FILE))).filter((r) => r.kind === "train");
    expect(steps).toHaveLength(6);
    for (const { consistency } of steps) expect(consistency).toBeGreaterThan(0);
  }, 120_000);

  it("goes on from another transformer with other classes, gradients gathered over two batches", async () => {
    const tokenizer = join(folder, "tokenizer-average", "model");
    const start = join(folder, "transformer", "model");
    const lines: string[] = [];
    const train = (out: string, changes: Record<string, unknown>) =>
      trainTransformer(transformerConfig(tokenizer, { start, ...changes }), threeClasses, join(folder, out), {
        threads: 1,
        log: (line) => lines.push(line),
      });
    const threeClasses = join(folder, "three.npz");
    const images = Uint8Array.from({ length: 12 * SIDE * SIDE * 3 }, (_, i) => (i * 37) % 256);
    await writeNpz(threeClasses, {
      images: npyArray("uint8", [12, SIDE, SIDE, 3], images),
      labels: npyArray(
        "uint8",
        [12],
        Uint8Array.from({ length: 12 }, (_, i) => i % 3),
      ),
      split: npyArray(
        "uint8",
        [12],
        Uint8Array.from({ length: 12 }, (_, i) => Number(i > 8)),
      ),
    });
    await train("fine-tuned", { accumulate: 2 });
    expect(lines.find((line) => line.startsWith("start:"))).toMatch(/fresh: class_emb.weight$/);
    const records = await readRecords(join(folder, "fine-tuned", LOG_FILE));
    expect(records.filter((r) => r.kind === "train")).toHaveLength(6);
    const model = { depth: 2, width: 16, heads: 2, mlpWidth: 64, positionSide: 4 };
    await expect(train("wrong", { model })).rejects.toThrow("got other shapes or nothing for blocks.0.ffn.fc1.weight");
  }, 120_000);
});
