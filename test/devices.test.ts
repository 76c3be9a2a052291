/** `flexvar devices` and `--device auto`, as processes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildCli, flexvar } from "./support/cli.ts";
import { scratchFolder } from "./support/golden.ts";

const scratch = await scratchFolder();
beforeAll(async () => {
  process.env.XDG_CACHE_HOME = join(scratch.path, "cache");
  await buildCli();
}, 180_000);
afterAll(async () => {
  delete process.env.XDG_CACHE_HOME;
  await scratch.remove();
});

interface Listed {
  readonly devices: readonly {
    readonly name: string;
    readonly state: string;
    readonly verified: boolean;
    readonly checks: Record<string, { readonly deviation: number | null; readonly passed: boolean }>;
    readonly gflops: number | null;
    readonly problem: string | null;
  }[];
}

describe("flexvar devices", () => {
  test("verifies the processor in both types, and says of every other device why not, or that it is right", async () => {
    const { code, stdout, stderr } = await flexvar(scratch.path, ["devices", "--json", "--limit", "50"]);
    expect(code, stderr).toBe(0);
    const { devices } = JSON.parse(stdout) as Listed;
    expect(devices.map(({ name }) => name)).toEqual(["cpu", "cuda", "tensorrt", "dml", "coreml", "webgpu"]);
    const [cpu, ...others] = devices;
    expect(cpu).toMatchObject({ state: "verified", verified: true, problem: null });
    expect(cpu!.checks).toMatchObject({ fp32: { deviation: 0, passed: true }, fp16: { passed: true } });
    expect(cpu!.gflops).toBeGreaterThan(0);
    for (const { name, verified, problem } of others) expect(verified || problem !== null, name).toBe(true);
  });

  test("the table is for people", async () => {
    const { stdout } = await flexvar(scratch.path, ["devices", "--quiet", "--limit", "50"]);
    expect(stdout).toMatch(
      /^onnxruntime-node .* on \w+\/\w+\n\ncpu +verified +fp32 fp16 int8 +the processor, \d+ GFLOP\/s\n/,
    );
  });
});

test("auto says in one line what it took, and gives the processor's bytes where that is the processor", async () => {
  const draw = (device: string) =>
    flexvar(scratch.path, ["generate", "--class", "red heart", "--size", "32", "--device", device, "--out", device]);
  const [auto, cpu] = [await draw("auto"), await draw("cpu")];
  expect([auto.code, cpu.code], auto.stderr + cpu.stderr).toEqual([0, 0]);
  const lines = auto.stderr.split("\n").filter((line) => line.startsWith("device: "));
  expect(lines).toHaveLength(1);
  const picture = (device: string) => readFile(join(scratch.path, device, "000.png"));
  if (lines[0]!.startsWith("device: cpu")) expect((await picture("auto")).equals(await picture("cpu"))).toBe(true);
});
