/** A disk that fills up while a run writes its checkpoint: files opened from then on take a few bytes, then answer ENOSPC. */
import fs, { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CHECKPOINTS, runTraining, type Trainee } from "./run.ts";
import { listStates, loadState, statePath } from "./state.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-full-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const ROOM = 100;

/** From now on, files that are opened for writing take `ROOM` bytes each. Returns how often the disk was found full. */
function fillDisk(): () => number {
  let refused = 0;
  const { open } = fs;
  vi.spyOn(fs, "open").mockImplementation(async (path, flags, mode) => {
    const file = await open(path, flags, mode);
    if (flags === "r") return file;
    const write = file.write.bind(file) as (bytes: Uint8Array, at: number, length: number, position: number) => unknown;
    const limited = async (bytes: Uint8Array, at: number, length: number, position: number): Promise<unknown> => {
      if (position + length <= ROOM) return write(bytes, at, length, position);
      if (position < ROOM) await write(bytes, at, ROOM - position, position);
      refused++;
      const system = { code: "ENOSPC", errno: -28, syscall: "write" };
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), system);
    };
    return Object.assign(file, { write: limited });
  });
  return () => refused;
}

it("keeps the last checkpoint whole, names path and cause, and goes on once there is room", async () => {
  const value = new Float32Array(1000);
  let refused: (() => number) | undefined;
  const trainee: Trainee = {
    async step(step) {
      value.fill(step);
      if (step === 4) refused ??= fillDisk();
      return { loss: 1, gradNorm: 1, lr: 0.1, images: 1, parts: {} };
    },
    evaluate: async () => ({ score: 1, metrics: {}, summary: "fine" }),
    save: () => ({ json: {}, arrays: new Map([["value", { shape: [1000], data: value }]]) }),
    load: ({ arrays }) => value.set(arrays.get("value")!.data),
  };
  const settings = { steps: 6, logEvery: 1, checkpointEvery: 2, evaluateEvery: 100, keepLast: 1, divergence: 5 };
  const run = (resume: boolean) => runTraining(trainee, settings, {}, folder, { resume });
  const states = join(folder, CHECKPOINTS);
  await expect(run(false)).rejects.toThrow(
    `${statePath(states, 4)}: could not be written: the disk is full; the checkpoints before it are whole`,
  );
  expect(refused!()).toBeGreaterThan(0);
  expect(await readdir(states)).toEqual(["step-0000002.safetensors"]);
  expect((await loadState(statePath(states, 2))).arrays.get("value")!.data).toEqual(new Float32Array(1000).fill(2));
  vi.restoreAllMocks();
  expect(await run(true)).toMatchObject({ step: 6, finished: true });
  expect(await listStates(states)).toEqual([6]);
});
