import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { input, ops, param, program } from "../engine/index.ts";
import { coresHere } from "./cores.ts";
import { nodeRuntime } from "./node.ts";

describe("cores", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "flexvar-cores-"));
    // Two cores of two hardware threads each.
    for (const [cpu, siblings] of ["0,2", "1,3", "0,2", "1,3"].entries()) {
      await mkdir(join(folder, `cpu${cpu}`, "topology"), { recursive: true });
      await writeFile(join(folder, `cpu${cpu}`, "topology", "thread_siblings_list"), `${siblings}\n`);
    }
    await mkdir(join(folder, "cpufreq"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("are counted once for all of their hardware threads", () => {
    expect(coresHere(folder, 4)).toBe(2);
  });
  test("are no more than the process may use", () => {
    expect(coresHere(folder, 1)).toBe(1);
  });
  test("are unknown where the system has no such files", () => {
    expect(coresHere(join(folder, "none"), 4)).toBeUndefined();
  });
});

test.runIf(process.platform === "linux")("every core computes unless told otherwise", async () => {
  const p = program("product", { y: ops.matmul(input("x", "float32", ["B", 2]), param("w", [2, 2])) });
  const added = async (threads: number | undefined): Promise<number> => {
    const before = await readdir("/proc/self/task");
    const session = await nodeRuntime({ threads }).open(p);
    const after = await readdir("/proc/self/task");
    await session.dispose();
    return after.length - before.length;
  };
  // The first session of a process starts threads of its own kind.
  await added(1);
  expect(await added(undefined)).toBe(await added(coresHere()));
});
