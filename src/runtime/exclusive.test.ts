import { type InferenceSession, Tensor } from "onnxruntime-common";
import { describe, expect, test } from "vitest";
import { input, ops, param, program } from "../engine/index.ts";
import { oneAtATime } from "./exclusive.ts";
import { reusingSessions } from "./reuse.ts";
import { createRuntime, type Runtime } from "./runtime.ts";

const x = input("x", "float32", ["n"]);
const double = program("double", { y: ops.mul(x, 2) });

/** A device double: notes how many things it does at once, and how many sessions were created and released. */
function watched() {
  const seen = { now: 0, most: 0, created: 0, released: 0 };
  const busy = async <T>(result: T): Promise<T> => {
    seen.now++;
    seen.most = Math.max(seen.most, seen.now);
    await new Promise((done) => setTimeout(done, 2));
    seen.now--;
    return result;
  };
  const session = {
    run: () => busy({}),
    release: async () => {
      seen.released++;
      await busy(undefined);
    },
  } as unknown as InferenceSession;
  const runtime = (): Runtime =>
    createRuntime({
      Tensor,
      provider: "webgpu",
      description: "double",
      create: () => {
        seen.created++;
        return busy(session);
      },
    });
  return { seen, runtime };
}

describe("WebGPU sessions of one process", () => {
  test("never open, run or close at the same time, also those of several runtimes", async () => {
    const { seen, runtime } = watched();
    const [a, b] = [oneAtATime(runtime()), oneAtATime(runtime())];
    const sessions = await Promise.all([a, a, b].map((one) => one.open(double)));
    const feeds = { x: a.floats(Float32Array.of(1), [1]) };
    await Promise.all([...sessions, ...sessions].map((session) => session.run(feeds)));
    await Promise.all(sessions.map((session) => session.dispose()));
    expect(seen).toEqual({ now: 0, most: 1, created: 3, released: 3 });
  });

  test("without the queue they would", async () => {
    const { seen, runtime } = watched();
    await Promise.all([runtime(), runtime()].map((one) => one.open(double)));
    expect(seen.most).toBe(2);
  });

  test("a run that fails lets the next one go on", async () => {
    const { runtime } = watched();
    const session = await oneAtATime(runtime()).open(double);
    await expect(session.run({})).rejects.toThrow('expected a value for input "x"');
    await expect(session.run({ x: runtime().floats(Float32Array.of(1), [1]) })).resolves.toEqual({});
  });
});

describe("sessions without weights", () => {
  test("are created once for a hundred openings, one after the other", async () => {
    const { seen, runtime } = watched();
    const reusing = reusingSessions(oneAtATime(runtime()));
    for (let i = 0; i < 100; i++) {
      const session = await reusing.open(program("double", { y: ops.mul(input("x", "float32", ["n"]), 2) }));
      await session.run({ x: reusing.floats(Float32Array.of(1), [1]) });
      await session.dispose();
      await session.dispose();
      await expect(session.run({})).rejects.toThrow("double: expected an open session, got a closed one");
    }
    expect(seen).toMatchObject({ created: 1, released: 0 });
  });

  test("of another program, or other outputs on the device, are others; so are two that are open at once", async () => {
    const { seen, runtime } = watched();
    const reusing = reusingSessions(runtime());
    await (await reusing.open(double)).dispose();
    await (await reusing.open(program("double", { y: ops.mul(x, 3) }))).dispose();
    await (await reusing.open(double, { keepOnDevice: ["y"] })).dispose();
    expect(seen.created).toBe(3);
    await Promise.all([reusing.open(double), reusing.open(double)]);
    expect(seen.created).toBe(4);
  });

  test("are kept in a bounded number; those with weights are closed", async () => {
    const { seen, runtime } = watched();
    const reusing = reusingSessions(runtime());
    for (let i = 0; i < 20; i++) await (await reusing.open(program(`p${i}`, { y: ops.mul(x, i + 2) }))).dispose();
    expect(seen.released).toBe(4);
    const weighted = program("weighted", { y: ops.mul(x, param("w", [1])) });
    const weights = new Map([["w", { kind: "memory", data: new Float32Array(1) } as const]]);
    for (let i = 0; i < 2; i++) await (await reusing.open(weighted, { weights })).dispose();
    expect(seen).toMatchObject({ created: 22, released: 6 });
  });
});
