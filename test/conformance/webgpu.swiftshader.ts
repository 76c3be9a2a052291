import { describe, expect, test } from "vitest";
import type { OpName } from "../../src/engine/index.ts";
import { halfCases } from "./cases/half.ts";
import { caseName, conformanceCases } from "./cases/index.ts";
import { checkOp } from "./check-op.ts";
import { profiledWebGpu } from "./profiled.ts";

/** WGSL lets sin and cos be off by this much, and SwiftShader makes use of it. */
const TRIGONOMETRIC = 2 ** -11;
const tolerances: { readonly [K in OpName]?: number } = { Sin: TRIGONOMETRIC, Cos: TRIGONOMETRIC };

/** Rows that are not computed on WebGPU, and why. */
const onCpu = "products in integers are of cpu and wasm";
const integers = conformanceCases.filter((c) => c.op === "QuantizedMatMul").map((c) => [caseName(c), onCpu]);
const skipped: Readonly<Record<string, string>> = {
  ...Object.fromEntries(halfCases.map((c) => [caseName(c), "SwiftShader has no float16"])),
  "MatMul: [2, 0] by [0, 3]": "ONNX Runtime's WebGPU MatMul ends the process where the inner extent is 0",
  ...Object.fromEntries(integers),
};

// The list is of float32: the WebGPU provider has no int64 kernels but Gather's, and int64 arithmetic runs on the host.
describe("the conformance list, on the device alone", () => {
  const { runtime, fallbacks } = profiledWebGpu();
  for (const c of conformanceCases) {
    const name = caseName(c);
    const tolerance = tolerances[c.op] ?? 1e-4;
    if (skipped[name] !== undefined) test.skip(`${name} (${skipped[name]})`, () => undefined);
    else
      test(name, async () => {
        await checkOp(runtime, c, { value: tolerance, gradient: tolerance });
        expect(fallbacks(), "operators that fell back to the CPU").toEqual([]);
      });
  }

  test("skips only rows that exist", () => {
    const names = new Set(conformanceCases.map(caseName));
    expect(Object.keys(skipped).filter((name) => !names.has(name))).toEqual([]);
  });
});
