import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isSoftware, type Probe, probeDevice } from "./probe.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-probe-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Tries a double of a device: a program that tells findings and then does something. */
async function trial(code: string, limitMs?: number): Promise<Probe> {
  const file = join(folder, `${code.length}-${limitMs ?? 0}.mjs`);
  await writeFile(file, code);
  return probeDevice("cpu", { file, ...(limitMs === undefined ? {} : { limitMs }) });
}

const tell = (finding: object): string => `process.send(${JSON.stringify(finding)});`;
const end = "process.disconnect();";
const right = { fp32: { deviation: 1e-6, bound: 1e-3, passed: true } };

describe("a device in a process of its own", () => {
  test("that computes rightly is verified", async () => {
    const parts = [{ opened: true }, { checks: right }, { rate: 900 }];
    expect(await trial(parts.map(tell).join("") + end)).toEqual({
      ...{ device: "cpu", verified: true, opened: true, checks: right, rate: 900 },
    });
  });

  test("that gives wrong numbers is refused, however fast", async () => {
    const checks = { fp32: { deviation: 0.25, bound: 1e-3, passed: false } };
    expect(await trial([{ opened: true }, { checks }, { rate: 90_000 }].map(tell).join("") + end)).toMatchObject({
      verified: false,
      problem: "wrong numbers: they differ from the processor's by 3e-1, and 0.001 is allowed",
    });
  });

  test("that aborts ends its own process alone", async () => {
    expect(await trial(`${tell({ opened: true })} setTimeout(() => process.abort(), 50)`)).toMatchObject({
      verified: false,
      opened: true,
      problem: expect.stringMatching(/^it ended the process \(SIG/),
    });
  });

  test("that hangs is ended at the limit", async () => {
    expect(await trial("setInterval(() => {}, 1000)", 700)).toEqual({
      ...{ device: "cpu", verified: false, problem: "no answer within 0.7 s" },
    });
  });

  test("whose program fails says how, in its last words", async () => {
    expect(await trial("throw new Error('no driver')")).toMatchObject({ problem: expect.stringMatching(/code 1/) });
  });

  test("that the platform has not is not tried", async () => {
    const name = process.platform === "win32" ? "coreml" : "dml";
    expect(await probeDevice(name, { file: join(folder, "nothing.mjs") })).toMatchObject({
      verified: false,
      problem: expect.stringContaining("has it on"),
    });
  });

  test("sources that are not compiled try nothing", async () => {
    expect(await probeDevice("cpu", { file: undefined })).toMatchObject({ verified: false });
  });
});

test("a WebGPU adapter that is much slower than the processor is software", () => {
  const cpu: Probe = { device: "cpu", verified: true, rate: 200 };
  const gpu = (rate: number): Probe => ({ device: "webgpu", verified: true, rate });
  expect(isSoftware(gpu(1), cpu)).toBe(true);
  expect(isSoftware(gpu(2000), cpu)).toBe(false);
  expect(isSoftware(gpu(1), undefined)).toBeUndefined();
  expect(isSoftware(cpu, cpu)).toBeUndefined();
});
