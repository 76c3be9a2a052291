import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LOG_FILE, readRecords } from "./log.ts";
import { CHECKPOINTS, type RunProgress, type RunSettings, runTraining, type Trainee } from "./run.ts";
import { type Json, listStates, loadState, statePath } from "./state.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-run-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const settings: RunSettings = {
  steps: 10,
  logEvery: 2,
  checkpointEvery: 3,
  evaluateEvery: 4,
  keepLast: 2,
  divergence: 5,
};

interface Counter extends Trainee {
  readonly value: Float32Array;
}

/** A trainee whose state is one number that every step changes. */
function counter(lossAt: (step: number) => number = () => 1, scores: readonly number[] = []): Counter {
  const value = Float32Array.of(1);
  return {
    value,
    async step(step) {
      value[0] = value[0]! * 1.5 + step;
      return { loss: lossAt(step), gradNorm: 1, lr: 0.1, images: 4, parts: { extra: step } };
    },
    async evaluate(step) {
      return { score: scores[Math.ceil(step / 4) - 1] ?? step, metrics: { value: value[0]! }, summary: "fine" };
    },
    save: () => ({ json: { mark: 7 }, arrays: new Map([["value", { shape: [1], data: value }]]) }),
    load(state) {
      expect(state.json.mark).toBe(7);
      value.set(state.arrays.get("value")!.data);
    },
  };
}

const run = (trainee: Trainee, options: Parameters<typeof runTraining>[4] = {}, changes: Partial<RunSettings> = {}) =>
  runTraining(trainee, { ...settings, ...changes }, { name: "test", seed: 1 }, folder, options);

describe("runTraining", () => {
  it("runs to the end, logs, evaluates, and keeps the last and the best checkpoints", async () => {
    const lines: string[] = [];
    const result = await run(counter(undefined, [9, 5, 3]), { log: (line) => lines.push(line) });
    expect(result).toEqual({ step: 10, finished: true, best: { step: 4, score: 9 } });
    expect(await listStates(join(folder, CHECKPOINTS))).toEqual([4, 9, 10]);
    const records = await readRecords(join(folder, LOG_FILE));
    expect(records.filter((r) => r.kind === "train").map((r) => r.step)).toEqual([2, 4, 6, 8, 10]);
    expect(records.filter((r) => r.kind === "evaluate").map((r) => [r.step, r.score])).toEqual([
      [4, 9],
      [8, 5],
      [10, 3],
    ]);
    expect(records[0]).toMatchObject({ loss: 1, lr: 0.1, extra: 1.5 });
    expect(lines.at(-1)).toBe("finished at step 10");
  });

  it("tells how it goes after every step where somebody listens, instead of in lines", async () => {
    const told: RunProgress[] = [];
    const lines: string[] = [];
    await run(counter(), { progress: (now) => told.push(now), log: (line) => lines.push(line) });
    expect(told.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(told.at(-1)).toMatchObject({ steps: 10, loss: 1, lr: 0.1, secondsLeft: 0 });
    for (const { imagesPerSecond, secondsLeft } of told.slice(0, -1)) {
      expect(imagesPerSecond).toBeGreaterThan(0);
      expect(secondsLeft).toBeGreaterThan(0);
    }
    expect(lines.filter((line) => line.includes("/10"))).toEqual([]);
    expect(lines).toContain("step 4: fine");
  });

  it("stopped at any step and resumed equals the unbroken run", async () => {
    const whole = counter();
    await run(whole);
    const records = await readRecords(join(folder, LOG_FILE));
    for (const stop of [1, 5, 8]) {
      await rm(folder, { recursive: true, force: true });
      const abort = new AbortController();
      const first = counter((step) => {
        if (step === stop) abort.abort();
        return 1;
      });
      expect(await run(first, { signal: abort.signal })).toMatchObject({ step: stop, finished: false });
      const second = counter();
      expect(await run(second, { resume: true })).toMatchObject({ step: 10, finished: true });
      expect(second.value).toEqual(whole.value);
      const evaluations = (await readRecords(join(folder, LOG_FILE))).filter((r) => r.kind === "evaluate");
      expect(evaluations).toEqual(records.filter((r) => r.kind === "evaluate"));
    }
  });

  it("resumed with another config says what changed, and refuses another run's", async () => {
    await run(counter(), {}, { steps: 4 });
    const lines: string[] = [];
    const resume = (config: Json) =>
      runTraining(counter(), settings, config, folder, { resume: true, log: (line) => lines.push(line) });
    await expect(resume({ name: "test", seed: 2 })).rejects.toThrow(/config: seed: expected the checkpoint's 1/);
    expect(await resume({ name: "other", seed: 1 })).toMatchObject({ step: 10, finished: true });
    expect(lines).toContain('config changed since then: name from "test" to "other"');
  });

  it("after a kill goes on from the last checkpoint and drops what was logged after it", async () => {
    await run(counter());
    const states = join(folder, CHECKPOINTS);
    await rm(statePath(states, 10));
    await writeFile(join(folder, LOG_FILE), '{"kind":"train","step":8}\n{"kind":"train","step":10}\n{"kind":"tr');
    const resumed = counter();
    await run(resumed, { resume: true });
    expect((await loadState(statePath(states, 10))).arrays.get("value")!.data).toEqual(resumed.value);
    expect((await readRecords(join(folder, LOG_FILE))).map((r) => r.step)).toEqual([8, 10, 10]);
  });

  it("sweeps what a killed run left half-written, and nothing else", async () => {
    await run(counter());
    const leftovers = [
      [CHECKPOINTS, ".step-0000011.safetensors.01234567.tmp"],
      ["model", ".config.json.0123456789ab.tmp"],
      [".", ".log.jsonl.0123456789ab.tmp"],
    ] as const;
    await mkdir(join(folder, "model"));
    for (const path of leftovers) await writeFile(join(folder, ...path), "half");
    await writeFile(join(folder, "model", "notes.tmp"), "mine");
    await run(counter(), { resume: true });
    const names = await readdir(folder, { recursive: true });
    expect(names.filter((name) => name.endsWith(".tmp"))).toEqual([join("model", "notes.tmp")]);
  });

  it("does not write over another run", async () => {
    await run(counter());
    await expect(run(counter())).rejects.toThrow("expected no checkpoints of another run, got step 10");
  });

  it.each([
    ["not a number", Number.NaN],
    ["infinite", Number.POSITIVE_INFINITY],
  ])("stops when the loss is %s and keeps the checkpoint before", async (_, bad) => {
    const failing = run(counter((step) => (step === 5 ? bad : 1)));
    await expect(failing).rejects.toThrow(
      `got loss ${bad}, gradient norm 1 in step 5; the checkpoint of step 4 is whole`,
    );
    expect(await listStates(join(folder, CHECKPOINTS))).toEqual([3, 4]);
  });

  it("stops when the loss diverges", async () => {
    const rising = counter((step) => (step < 150 ? 1 : 100));
    await expect(run(rising, {}, { steps: 400 })).rejects.toThrow("it diverged; the checkpoint of step 148 is whole");
  });

  it("leaves no half-written checkpoint when it cannot write", async () => {
    await writeFile(join(folder, CHECKPOINTS), "a file where the folder should be");
    await expect(run(counter())).rejects.toThrow();
    expect(await readdir(folder)).toEqual([CHECKPOINTS]);
  });
});
