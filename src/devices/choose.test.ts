import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DeviceName } from "../runtime/node.ts";
import { chooseDevice } from "./choose.ts";
import type { Probe } from "./probe.ts";

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "flexvar-devices-"));
});
afterEach(() => rm(cache, { recursive: true }));

const right = { deviation: 1e-6, bound: 1e-3, passed: true };
const cpu: Probe = { device: "cpu", verified: true, opened: true, checks: { fp32: right }, rate: 200 };
const fast = (device: DeviceName, rate: number): Probe => ({ ...cpu, device, rate });

/** Devices that are tried by a double; notes which were. */
function tries(...probes: Probe[]) {
  const tried: DeviceName[] = [];
  const probe = async (name: DeviceName): Promise<Probe> => {
    tried.push(name);
    return probes.find(({ device }) => device === name)!;
  };
  return { tried, options: { candidates: probes.map(({ device }) => device), probe, cache } };
}

describe("auto", () => {
  test("takes the processor untried where nothing else is here", async () => {
    const { tried, options } = tries(cpu);
    expect(await chooseDevice(options)).toEqual({ device: "cpu", line: "device: cpu, the only one here" });
    expect(tried).toEqual([]);
  });

  test("tries no device that does not compute in the type asked for", async () => {
    const { tried, options } = tries(cpu, fast("webgpu", 2000), fast("cuda", 9000));
    const line = "device: cpu, the only one here that computes in int8";
    expect(await chooseDevice({ ...options, dtype: "int8" })).toEqual({ device: "cpu", line });
    expect(tried).toEqual([]);
  });

  test("takes the fastest that is right, and says so in one line", async () => {
    const { options } = tries(cpu, fast("webgpu", 2000), fast("cuda", 9000));
    expect(await chooseDevice(options)).toEqual({
      device: "cuda",
      line: "device: cuda (9000 GFLOP/s, the processor 200; differs by 1e-6)",
    });
  });

  test.each<[string, Partial<Probe>, string]>([
    ["wrong numbers", { verified: false, problem: "wrong numbers: they differ" }, "cuda: wrong numbers: they differ"],
    ["what cannot be opened", { verified: false, problem: "no driver" }, "cuda: no driver"],
    ["what is hardly faster", { rate: 250 }, "cuda: 250 GFLOP/s, the processor has 200"],
    ["what gave no rate", { rate: undefined as never }, "cuda: 0 GFLOP/s, the processor has 200"],
  ])("leaves %s, and says why", async (_name, found, reason) => {
    const { options } = tries(cpu, { ...fast("cuda", 9000), ...found });
    expect(await chooseDevice(options)).toEqual({ device: "cpu", line: `device: cpu (${reason})` });
  });

  test("asks for the type of numbers that is wanted", async () => {
    const { options } = tries(cpu, fast("webgpu", 9000));
    expect(await chooseDevice({ ...options, dtype: "fp16" })).toEqual({
      device: "cpu",
      line: "device: cpu (webgpu: not right in fp16)",
    });
  });

  test("tries once and remembers; another number of threads, or a spoilt file, is tried anew", async () => {
    const { tried, options } = tries(cpu, fast("webgpu", 9000));
    const first = await chooseDevice(options);
    expect(await chooseDevice(options)).toEqual(first);
    expect(tried).toEqual(["cpu", "webgpu"]);
    await chooseDevice({ ...options, threads: 1 });
    expect(tried).toHaveLength(4);
    await writeFile(join(cache, "devices.json"), "{");
    await chooseDevice({ ...options, threads: 1 });
    expect(tried).toHaveLength(6);
  });

  test("what was remembered is forgotten after a week", async () => {
    const { tried, options } = tries(cpu, fast("webgpu", 9000));
    await chooseDevice(options);
    const file = join(cache, "devices.json");
    const kept = JSON.parse(await readFile(file, "utf8")) as { at: number };
    await writeFile(file, JSON.stringify({ ...kept, at: kept.at - 8 * 86_400_000 }));
    await chooseDevice(options);
    expect(tried).toHaveLength(4);
  });
});
