/** Trainings that SIGKILL ends at random points, resumed each time: they must end as the unbroken run does, bit for bit. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../scripts/lib/bundle.mjs";
import { createRandom } from "../src/sampling/index.ts";
import { loadState } from "../src/train/index.ts";
import { projectRoot } from "./support/imports.ts";
import { writeShapes } from "./support/shapes.ts";

const KILLS = 10;
const STEPS = 40;
/** A kill falls between a drawn line of the log and so many milliseconds after it: into steps, files and evaluations. */
const MOST_DELAY_MS = 25;

let folder: string;
let program: string;
const at = (...parts: string[]): string => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-kill-"));
  // Beside node_modules, so that packages are found from there.
  program = join(projectRoot, ".cache", `train-child-${process.pid}`);
  await mkdir(program, { recursive: true });
  await bundle({ node: { child: join(projectRoot, "test", "support", "train-child.ts") }, web: {} }, program);
  await writeShapes(at("shapes.npz"), 10, 1);
  await writeFile(at("tokenizer.json"), JSON.stringify(tokenizer));
  const config = { ...transformer, tokenizer: at("tokenizer-whole", "model") };
  await writeFile(at("transformer.json"), JSON.stringify(config));
  await unbroken("tokenizer");
  await unbroken("transformer");
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(program, { recursive: true, force: true });
});

const about = { aim: "test", command: "test", expected: "test", time: "test" };
const run = { logEvery: 1, checkpointEvery: 3, evaluateEvery: 11, evaluatePictures: 4, sheetPictures: 1 };
const tokenizer = {
  kind: "tokenizer",
  about,
  model: {
    baseChannels: 4,
    channelMultipliers: [1],
    resBlocks: 1,
    decoderResBlocks: 1,
    attention: false,
    latentChannels: 4,
    codeDim: 4,
    codebookSize: 16,
    normGroups: 2,
    patchSize: 4,
  },
  data: { size: 16, batchSize: 4 },
  scales: { perBatch: 1 },
  loss: { absolute: 0.1 },
  codebook: { update: "average", deadAfter: 2 },
  optimizer: { peakLr: 0.003, warmupSteps: 2, steps: STEPS },
  run,
};
const transformer = {
  kind: "transformer",
  about,
  model: { depth: 2, width: 16, heads: 2, mlpWidth: 32, positionSide: 4 },
  data: { size: 16, batchSize: 4, augmentedCopies: 1, augment: { shift: 0.1 } },
  schedules: { tableShare: 0.5 },
  regularisation: { dropPath: 0.3 },
  optimizer: { peakLr: 0.003, warmupSteps: 2, steps: STEPS },
  samples: { perClass: 1, classes: [0] },
  run,
};

type Network = "tokenizer" | "transformer";

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Trains in a process of its own; `onLine` may end it. */
function train(network: Network, out: string, onLine: (count: number, kill: () => void) => void): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const args = [join(program, "child.js"), network, at(`${network}.json`), at("shapes.npz"), out];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let [said, errors, seen] = ["", "", 0];
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      for (const count = stepsIn(said); seen < count; ) onLine(++seen, () => child.kill("SIGKILL"));
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, lines: said.split("\n"), errors }));
  });
}

const stepsIn = (text: string): number => text.match(/^step \d+\/\d+ /gm)?.length ?? 0;

/** The step that a resumed run begins after. */
const begunAfter = ({ lines }: Ended): number => Number(/from step (\d+)/.exec(lines.join("\n"))?.[1] ?? 0);
const stepsDone = (ended: Ended): number => begunAfter(ended) + stepsIn(ended.lines.join("\n"));

async function unbroken(network: Network): Promise<void> {
  const ended = await train(network, at(`${network}-whole`), () => {});
  expect(ended).toMatchObject({ code: 0, errors: "" });
}

async function killedEqualsWhole(network: Network, seed: number): Promise<void> {
  const [whole, killed] = [at(`${network}-whole`), at(`${network}-killed`)];
  const random = createRandom(seed, "kills");
  let lost = 0;
  let reached = 0;
  for (let kills = 0; kills < KILLS; kills++) {
    // Ten kills share the run's steps, so that the last of them still meets a running training.
    const target = 1 + random.int(STEPS / KILLS + 1);
    const delay = MOST_DELAY_MS * random.uniform();
    const ended = await train(network, killed, (count, kill) => {
      if (count === target) setTimeout(kill, delay);
    });
    expect(ended, `kill ${kills + 1} met a running training`).toMatchObject({ code: null, errors: "" });
    lost += Math.max(0, reached - begunAfter(ended));
    reached = stepsDone(ended);
  }
  const last = await train(network, killed, () => {});
  expect(last).toMatchObject({ code: 0, errors: "" });
  lost += Math.max(0, reached - begunAfter(last));
  expect(lost, "steps done again after kills").toBeGreaterThan(0);
  await expectSameEnd(whole, killed);
}

async function expectSameEnd(a: string, b: string): Promise<void> {
  const file = join("checkpoints", `step-${String(STEPS).padStart(7, "0")}.safetensors`);
  const [one, other] = await Promise.all([loadState(join(a, file)), loadState(join(b, file))]);
  expect(other.json).toEqual(one.json);
  expect([...other.arrays.keys()].sort()).toEqual([...one.arrays.keys()].sort());
  for (const [name, { data }] of one.arrays) {
    const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    expect(bytes(other.arrays.get(name)!.data).equals(bytes(data)), name).toBe(true);
  }
  const files = async (out: string): Promise<string[]> => (await readdir(out, { recursive: true })).sort();
  expect(await files(b)).toEqual(await files(a));
  for (const weights of (await files(a)).filter((name) => name.endsWith(".safetensors")))
    expect((await readFile(join(b, weights))).equals(await readFile(join(a, weights))), weights).toBe(true);
}

describe.concurrent(`killed ${KILLS} times, a run ends as the unbroken one`, () => {
  it("tokenizer", () => killedEqualsWhole("tokenizer", 1), 120_000);
  it("transformer", () => killedEqualsWhole("transformer", 2), 120_000);
});
