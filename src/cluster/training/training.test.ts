import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasNats, startNats, type TestNats } from "../../../recipes/lib/nats-server.mjs";
import { writeShapes } from "../../../test/support/shapes.ts";
import {
  CHECKPOINTS,
  loadState,
  parseConfig,
  type RunProgress,
  statePath,
  type TrainState,
  tokenizerTrainingSchema,
  trainTokenizer,
  trainTransformer,
  transformerTrainingSchema,
} from "../../train/index.ts";
import { type Cluster, coordinateTransformer, joinTransformer, openCluster, ROUND_DEFAULTS } from "../index.ts";
import { expectMatch } from "./match.ts";
import type { Match, RoundSettings } from "./messages.ts";

const STEPS = 12;
const LEASE_MS = 600;
const about = { aim: "test", command: "test", expected: "test", time: "test" };
const run = { logEvery: 3, checkpointEvery: 100, evaluateEvery: 6, evaluatePictures: 4, sheetPictures: 1 };

let folder: string;
let data: string;
/** The same on a worker's machine. */
let copied: string;
let nats: TestNats;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-together-"));
  data = join(folder, "shapes.npz");
  await writeShapes(data, 10, 1);
  copied = join(folder, "other", "shapes.npz");
  await mkdir(join(folder, "other"));
  await copyFile(data, copied);
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
    optimizer: { peakLr: 0.003, warmupSteps: 2, steps: 2 },
    run,
  };
  await trainTokenizer(parseConfig(tokenizerTrainingSchema, tokenizer, "test"), data, join(folder, "tokenizer"), {
    threads: 1,
  });
  if (hasNats) nats = await startNats();
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});
afterAll(async () => {
  await nats?.stop();
  await rm(folder, { recursive: true, force: true });
});

const configOf = (changes: Record<string, unknown> = {}) =>
  parseConfig(
    transformerTrainingSchema,
    {
      kind: "transformer",
      about,
      tokenizer: join(folder, "tokenizer", "model"),
      model: { depth: 1, width: 16, heads: 2, mlpWidth: 32, positionSide: 4 },
      data: { size: 16, batchSize: 4, augment: { shift: 0.1 } },
      schedules: { tableShare: 0.5 },
      regularisation: { corruption: 0.1, corruptionNeighbours: 4 },
      optimizer: { peakLr: 0.003, warmupSteps: 2, steps: STEPS },
      samples: { perClass: 0 },
      run,
      ...changes,
    },
    "test",
  );

async function connected(): Promise<Cluster> {
  const cluster = await openCluster({ url: nats.url });
  open.push(cluster);
  return cluster;
}

interface Part {
  readonly ended: Promise<unknown>;
  /** Cuts its connection: to all others it is dead. */
  kill(): Promise<void>;
  said(): string;
}

function started(cluster: Cluster, begin: (log: (line: string) => void) => Promise<unknown>): Part {
  const lines: string[] = [];
  const ended = begin((line) => lines.push(line));
  ended.catch(() => undefined);
  return {
    ended,
    async kill() {
      await cluster.connection.close();
      await ended.catch(() => undefined);
    },
    said: () => lines.join("\n"),
  };
}

type Coordinated = Partial<RoundSettings> & {
  readonly progress?: (now: RunProgress) => void;
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
};

async function coordinator(
  name: string,
  { progress, resume = false, signal, ...changes }: Coordinated = {},
): Promise<Part> {
  const cluster = await connected();
  const settings: RoundSettings = { ...ROUND_DEFAULTS, members: 2, innerSteps: 3, ...changes };
  const more = { name, settings, resume, threads: 1, leaseMs: LEASE_MS, patience: 30 };
  return started(cluster, (log) =>
    coordinateTransformer(configOf(), data, join(folder, name), {
      ...more,
      cluster,
      log,
      ...(progress && { progress }),
      ...(signal && { signal }),
    }),
  );
}

let workers = 0;

async function worker(name: string, config = configOf()): Promise<Part> {
  const cluster = await connected();
  const id = `w${++workers}`;
  const options = { cluster, name, threads: 1, leaseMs: LEASE_MS };
  return started(cluster, (log) =>
    joinTransformer(config, copied, join(folder, `${name}-workers`), id, { ...options, log }),
  );
}

const stateOf = (name: string): Promise<TrainState> => loadState(statePath(join(folder, name, CHECKPOINTS), STEPS));

function expectSameArrays(one: TrainState["arrays"], other: TrainState["arrays"]): void {
  for (const [name, { data }] of one) {
    const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    expect(bytes(other.get(name)!.data).equals(bytes(data)), name).toBe(true);
  }
}

describe.runIf(hasNats)("training together", { timeout: 120_000 }, () => {
  test("with one worker, rate 1, no momentum and float32 it is the ordinary run, bit for bit", async () => {
    await trainTransformer(configOf(), data, join(folder, "alone"), { threads: 1 });
    const settings = { members: 1, outerRate: 1, outerMomentum: 0, answers: "fp32" } as const;
    const [leading, working] = [await coordinator("one", settings), await worker("one")];
    expect(await leading.ended).toMatchObject({ step: STEPS, finished: true });
    expect(await working.ended).toMatchObject({ rounds: 4, steps: STEPS, images: 4 * STEPS, finished: true });
    const late = await worker("one");
    const [alone, one] = [await stateOf("alone"), await stateOf("one")];
    expect([...one.arrays.keys()].sort()).toEqual([...alone.arrays.keys()].filter((key) => !/^[mv]:/.test(key)).sort());
    expectSameArrays(one.arrays, alone.arrays);
    for (const file of ["model/transformer.safetensors", "held-out.md"]) {
      const [a, b] = await Promise.all(["alone", "one"].map((name) => readFile(join(folder, name, file))));
      expect(a!.equals(b!), file).toBe(true);
    }
    while (!late.said().includes('waiting for a run "one" to begin')) await sleep(20);
    await late.kill();
  });

  test("ends while a worker is killed in every round; who takes its place goes on from its state", async () => {
    const alive: Part[] = [];
    const gone: Part[] = [];
    const exchange = async (): Promise<void> => {
      const oldest = alive.shift();
      alive.push(await worker("killed"));
      await oldest?.kill();
      if (oldest) gone.push(oldest);
    };
    const leading = await coordinator("killed", { progress: () => void exchange() });
    for (let i = 0; i < 2; i++) alive.push(await worker("killed"));
    expect(await leading.ended).toMatchObject({ step: STEPS, finished: true });
    await Promise.all(alive.map((part) => part.kill()));
    expect(gone.length).toBeGreaterThanOrEqual(3);
    expect([...gone, ...alive].map((part) => part.said()).join("\n")).toMatch(/goes on from the state after round \d/);
    const { arrays } = await stateOf("killed");
    for (const { data } of arrays.values()) expect(data.every(Number.isFinite)).toBe(true);
  });

  test("a coordinator that is stopped, goes on, is killed and goes on ends as one that was not", async () => {
    const workersOf = async (name: string) => [await worker(name), await worker(name)];
    const whole = await coordinator("whole");
    const first = await workersOf("whole");
    await whole.ended;
    await Promise.all(first.map((part) => part.ended));

    const stop = new AbortController();
    const stopping = ({ step }: RunProgress) => step === 3 && setTimeout(() => stop.abort(), 50);
    const stopped = await coordinator("resumed", { progress: stopping, signal: stop.signal });
    const second = await workersOf("resumed");
    expect(await stopped.ended).toMatchObject({ finished: false });

    let kill: () => void = () => undefined;
    const killed = new Promise<void>((resolve) => {
      kill = resolve;
    });
    const leading = await coordinator("resumed", { progress: ({ step }) => step === 9 && kill(), resume: true });
    await killed;
    await leading.kill();
    const resumed = await coordinator("resumed", { resume: true });
    expect(await resumed.ended).toMatchObject({ step: STEPS, finished: true });
    await Promise.all(second.map((part) => part.ended));
    expect(resumed.said()).toContain("goes on after step");
    const [a, b] = [await stateOf("whole"), await stateOf("resumed")];
    expect([...b.arrays.keys()].filter((key) => key.startsWith("outer:"))).not.toEqual([]);
    expect([...b.arrays.keys()].sort()).toEqual([...a.arrays.keys()].sort());
    expectSameArrays(a.arrays, b.arrays);
  });

  test("a worker of another config, and a second coordinator, are refused in words", async () => {
    const leading = await coordinator("refusing", { members: 1 });
    const optimizer = { peakLr: 0.001, warmupSteps: 2, steps: STEPS };
    const other = await worker("refusing", configOf({ optimizer }));
    await expect(other.ended).rejects.toThrow(
      'train: run "refusing": expected config.optimizer.peakLr 0.003, as its coordinator has it, got 0.001',
    );
    const second = await coordinator("refusing", { members: 1 });
    await expect(second.ended).rejects.toThrow('expected no other coordinator of run "refusing", got one at work');
    await leading.kill();
    await expect(coordinator("uneven", { members: 3 }).then((part) => part.ended)).rejects.toThrow(
      "data.batchSize: expected a multiple of the 3 members, who share a step's pictures, got 4",
    );
  });
});

test("other data and another version are told apart", () => {
  const match: Match = {
    version: "1.0.0",
    config: {},
    tokenizer: "t",
    data: { classes: ["a"], training: 9, heldOut: 1, sha256: "d" },
  };
  expect(() => expectMatch("x", match, { ...match })).not.toThrow();
  expect(() => expectMatch("x", match, { ...match, version: "1.0.1" })).toThrow(
    'train: run "x": expected flexvar "1.0.0", as its coordinator has it, got "1.0.1"',
  );
  expect(() => expectMatch("x", match, { ...match, data: { ...match.data, training: 8, sha256: "e" } })).toThrow(
    "expected data.training 9, as its coordinator has it, got 8 (and 1 more)",
  );
});
