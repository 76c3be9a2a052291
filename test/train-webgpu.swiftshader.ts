import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CODEBOOK } from "../src/models/index.ts";
import type { Runtime, Value } from "../src/runtime/index.ts";
import { nodeRuntime } from "../src/runtime/node.ts";
import { parseConfig } from "../src/train/config.ts";
import { openSplit } from "../src/train/data.ts";
import { openTokenizer } from "../src/train/open-tokenizer.ts";
import type { DisposableTrainee, SavedTrainee } from "../src/train/run.ts";
import { tokenizerTrainingSchema } from "../src/train/tokenizer-config.ts";
import { tokenizerTrainee, trainTokenizer } from "../src/train/tokenizer-trainer.ts";
import { transformerTrainingSchema } from "../src/train/transformer-config.ts";
import { transformerTrainee } from "../src/train/transformer-trainer.ts";
import { writeShapes } from "./support/shapes.ts";

const STEPS = 3;
let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-train-webgpu-"));
  data = join(folder, "shapes.npz");
  await writeShapes(data, 10, 1);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const about = { aim: "test", command: "test", expected: "test", time: "test" };
const run = { logEvery: 1, checkpointEvery: 100, evaluateEvery: 100, evaluatePictures: 4, sheetPictures: 1 };
const optimizer = { peakLr: 0.001, warmupSteps: 2, steps: STEPS, epsilon: 1e-4 };

const tokenizerConfig = (changes: Record<string, unknown>) =>
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
        normGroups: 2,
        patchSize: 4,
      },
      data: { size: 16, batchSize: 4 },
      scales: { perBatch: 1 },
      loss: { absolute: 0.1 },
      codebook: { update: "average", deadAfter: 2 },
      optimizer,
      run,
      ...changes,
    },
    "test",
  );

const transformerConfig = (changes: Record<string, unknown>) =>
  parseConfig(
    transformerTrainingSchema,
    {
      kind: "transformer",
      about,
      tokenizer: join(folder, "tokenizer", "model"),
      model: { depth: 2, width: 16, heads: 2, mlpWidth: 32, positionSide: 4 },
      data: { size: 16, batchSize: 4 },
      schedules: { tableShare: 0.5 },
      regularisation: { dropPath: 0.3 },
      optimizer,
      samples: { perClass: 0 },
      run,
      ...changes,
    },
    "test",
  );

/** What went between host and device: names of feeds that came from the host, and of outputs that went there. */
interface Travel {
  readonly fed: Set<string>;
  readonly fetched: Set<string>;
}

/** A runtime that notes what travels in its sessions' runs. */
function watched(runtime: Runtime): { runtime: Runtime; travel: Travel } {
  const travel: Travel = { fed: new Set(), fetched: new Set() };
  const note = (into: Set<string>, values: Readonly<Record<string, Value>>): void => {
    for (const [name, { location }] of Object.entries(values)) if (location === "cpu") into.add(name);
  };
  const open: Runtime["open"] = async (program, options) => {
    const session = await runtime.open(program, options);
    return {
      ...session,
      async run(feeds, fetches) {
        note(travel.fed, feeds);
        const outputs = await session.run(feeds, fetches);
        note(travel.fetched, outputs);
        return outputs;
      },
    };
  };
  return { runtime: { ...runtime, open }, travel };
}

interface Trained {
  readonly losses: readonly number[];
  readonly saved: SavedTrainee;
  /** Of the steps after the first, which brings the start values. */
  readonly travel: Travel;
  readonly score: number;
}

async function trained(device: string, open: (runtime: Runtime) => Promise<DisposableTrainee>): Promise<Trained> {
  const { runtime, travel } = watched(nodeRuntime({ device, threads: 1 }));
  const trainee = await open(runtime);
  const losses: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    losses.push((await trainee.step(step)).loss);
    if (step > 1) continue;
    travel.fed.clear();
    travel.fetched.clear();
  }
  const noted = { fed: new Set(travel.fed), fetched: new Set(travel.fetched) };
  const saved = await trainee.save();
  const copied = (from: SavedTrainee["arrays"]) =>
    new Map([...from].map(([name, a]) => [name, { ...a, data: Float32Array.from(a.data) }]));
  const arrays = copied(saved.arrays);
  const { score } = await trainee.evaluate(STEPS);
  // A step from the state read back, after one that led away from it.
  await trainee.step(STEPS + 1);
  trainee.load({ step: STEPS, json: saved.json, arrays });
  losses.push((await trainee.step(STEPS + 1)).loss);
  const ended = copied((await trainee.save()).arrays);
  await trainee.dispose();
  return { losses, saved: { ...saved, arrays: ended }, travel: noted, score };
}

/** Norm of the difference over the norm, of two arrays. */
function relative(a: Float32Array, b: Float32Array): number {
  let [difference, norm] = [0, 0];
  for (const [i, value] of b.entries()) {
    difference += (a[i]! - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference / Math.max(norm, 1e-12));
}

function expectEqual(gpu: Trained, cpu: Trained): void {
  for (const [i, loss] of cpu.losses.entries())
    expect(Math.abs(gpu.losses[i]! / loss - 1), `step ${i + 1}`).toBeLessThan(1e-3);
  expect([...gpu.saved.arrays.keys()].sort()).toEqual([...cpu.saved.arrays.keys()].sort());
  for (const [name, { data: values }] of cpu.saved.arrays)
    expect(relative(gpu.saved.arrays.get(name)!.data, values), name).toBeLessThan(1e-3);
  expect(Math.abs(gpu.score / cpu.score - 1)).toBeLessThan(1e-3);
}

/** State that travelled in a step: slots among the feeds and the outputs. */
function stateIn({ fed, fetched }: Travel, { arrays }: SavedTrainee): string[] {
  const slots = [...fed].filter((name) => arrays.has(name) || name.startsWith("sum:"));
  return [...slots, ...[...fetched].filter((name) => name.startsWith("next:"))].sort();
}

describe("tokenizer", () => {
  async function both(name: string, changes: Record<string, unknown>): Promise<{ gpu: Trained; cpu: Trained }> {
    const config = tokenizerConfig(changes);
    const train = async (device: string): Promise<Trained> => {
      const split = await openSplit(data, 0.1, 0);
      const setup = { config, data: split, dataDir: data, outDir: join(folder, name), log: () => {} };
      return trained(device, (runtime) => tokenizerTrainee({ ...setup, runtime }));
    };
    return { gpu: await train("webgpu"), cpu: await train("cpu") };
  }

  test("equals the CPU; averaged codes come from the host, other state stays on the device", async () => {
    const { gpu, cpu } = await both("average", {});
    expectEqual(gpu, cpu);
    expect(stateIn(gpu.travel, gpu.saved)).toEqual([CODEBOOK]);
    expect(stateIn(cpu.travel, cpu.saved).length).toBeGreaterThan(50);
  });

  test("codes moved by gradient travel, the discriminator does not", async () => {
    const adversarial = { startStep: 1, baseChannels: 4, layers: 1 };
    const { gpu, cpu } = await both("gradient", {
      codebook: { update: "gradient" },
      adversarial,
    });
    expectEqual(gpu, cpu);
    const own = ["", "ema:", "m:", "v:"].flatMap((slot) => [`${slot}${CODEBOOK}`, `next:${slot}${CODEBOOK}`]).sort();
    expect(stateIn(gpu.travel, gpu.saved).filter((name) => !name.includes("discriminator"))).toEqual(own);
  });
});

describe("transformer", () => {
  beforeAll(async () => {
    await trainTokenizer(tokenizerConfig({}), data, join(folder, "tokenizer"), { threads: 1 });
  });

  test("equals the CPU, gradients gathered over two batches; no state travels", async () => {
    const config = transformerConfig({ accumulate: 2 });
    const out = join(folder, "transformer");
    await mkdir(out);
    const train = async (device: string): Promise<Trained> => {
      const split = await openSplit(data, 0.1, 0);
      const tokenizer = await openTokenizer(config.tokenizer);
      // One token cache for both: a token at the edge between two codes may fall to either side.
      const setup = { config, data: split, dataDir: data, outDir: out, log: () => {} };
      return trained(device, (runtime) => transformerTrainee({ ...setup, runtime }, tokenizer));
    };
    const cpu = await train("cpu");
    const gpu = await train("webgpu");
    expectEqual(gpu, cpu);
    expect(stateIn(gpu.travel, gpu.saved)).toEqual([]);
    expect(stateIn(cpu.travel, cpu.saved).length).toBeGreaterThan(50);
  });
});
