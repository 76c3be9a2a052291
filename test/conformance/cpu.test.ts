import { describe, expect, test } from "vitest";
import { opNames } from "../../src/engine/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { caseName, conformanceCases } from "./cases/index.ts";
import { checkOp } from "./check-op.ts";

describe("the conformance list", () => {
  test("has a row for every operation", () => {
    const listed = new Set(conformanceCases.map((c) => c.op));
    expect(opNames.filter((op) => !listed.has(op))).toEqual([]);
  });

  test("names each row once", () => {
    const names = conformanceCases.map(caseName);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});

describe("on the CPU", () => {
  const runtime = nodeRuntime({ threads: 1 });
  for (const c of conformanceCases) test(caseName(c), () => checkOp(runtime, c, { value: 1e-5, gradient: 1e-4 }));
});
