import { describe, test } from "vitest";
import { webRuntime } from "../../src/runtime/web.ts";
import { caseName, conformanceCases } from "./cases/index.ts";
import { checkOp } from "./check-op.ts";

const runtime = await webRuntime();

/** The browsers' WebAssembly build, run by Node: one thread, no browser. */
describe("on Wasm", () => {
  for (const c of conformanceCases) test(caseName(c), () => checkOp(runtime, c, { value: 1e-5, gradient: 1e-4 }));
});
