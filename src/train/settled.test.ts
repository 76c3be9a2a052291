import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { paperAugment } from "../../test/support/augment.ts";
import type { SplitData } from "./data.ts";
import { runExperiment, type TrainOptions } from "./experiment.ts";
import { CHECKPOINTS } from "./run.ts";
import { loadState, saveState, statePath } from "./state.ts";

let folder: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-settled-"));
  data = join(folder, "data");
  for (const name of ["1", "2", "10"]) for (let i = 0; i < 4; i++) await addPicture(name, i);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function addPicture(name: string, number: number): Promise<void> {
  await mkdir(join(data, name), { recursive: true });
  const image = sharp({ create: { width: 4, height: 4, channels: 3, background: "#ff0000" } });
  await writeFile(join(data, name, `${number}.png`), await image.png().toBuffer());
}

const out = () => join(folder, "run");

/** Runs to step `steps`, training nothing; what its data were. */
async function run(steps: number, options: TrainOptions = {}, log: string[] = []): Promise<SplitData> {
  let seen: SplitData | undefined;
  const config = {
    seed: 1,
    data: { heldOutShare: 0.3, augment: paperAugment },
    optimizer: { steps },
    run: { logEvery: 10, checkpointEvery: 1, evaluateEvery: 100, keepLast: 2, divergence: 5 },
  };
  await runExperiment(config, data, out(), { ...options, log: (line) => log.push(line) }, async ({ data: split }) => {
    seen = split;
    return {
      step: async () => ({ loss: 1, gradNorm: 1, lr: 1, images: 1, parts: {} }),
      evaluate: async () => ({ score: 1, metrics: {}, summary: "" }),
      save: () => ({ json: {}, arrays: new Map([["x", { shape: [1], data: new Float32Array(1) }]]) }),
      load: () => undefined,
      dispose: async () => undefined,
    };
  });
  return seen!;
}

const labelled = ({ train }: SplitData): string[] =>
  Array.from({ length: train.length }, (_, i) => `${train.labelOf(i)} ${train.nameOf(i)}`);

describe("a run's classes", () => {
  it("are sorted naturally at its start and kept when it goes on", async () => {
    const first = await run(2);
    expect(first.train.classes).toEqual(["1", "2", "10"]);
    expect(labelled(await run(3, { resume: true }))).toEqual(labelled(first));
    const { json } = await loadState(statePath(join(out(), CHECKPOINTS), 3));
    expect(json.data).toEqual({ classes: ["1", "2", "10"], pictures: first.train.length });
  });

  it("are sorted by code unit where the checkpoint is of a version that sorted so", async () => {
    await run(2);
    const path = statePath(join(out(), CHECKPOINTS), 2);
    const { step, json, arrays } = await loadState(path);
    const { data: _, ...before } = json;
    await saveState(join(out(), CHECKPOINTS), { step, json: before, arrays }, 2);
    const { train } = await run(3, { resume: true });
    expect(train.classes).toEqual(["1", "10", "2"]);
    expect((await run(4, { resume: true })).train.classes).toEqual(["1", "10", "2"]);
  });

  it("may lose pictures, which is told, but gain no class", async () => {
    await run(2);
    for (const name of ["1", "2", "10"]) await rm(join(data, name, "0.png"));
    const log: string[] = [];
    expect((await run(3, { resume: true }, log)).train.classes).toEqual(["1", "2", "10"]);
    expect(log.join("\n")).toMatch(/data changed since then: \d training pictures, \d+ before/);
    await addPicture("3", 0);
    await expect(run(4, { resume: true })).rejects.toThrow('expected folders of the known classes, got "3" too');
  });
});
