import Module from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { input, ops, param, program } from "../engine/index.ts";
import { forgetInstallation, installation, nodeRuntime, presentDevices } from "./node.ts";

type Load = (request: string, ...rest: unknown[]) => unknown;
const modules = Module as unknown as { _load: Load };
const load = modules._load;

/** Makes onnxruntime-node fail to load, as it does on macOS on Intel (no such file) or with musl (a file that does not load). */
function withoutNativeBuild(error: Error): void {
  modules._load = (request, ...rest) => {
    if (request === "onnxruntime-node") throw error;
    return load(request, ...rest);
  };
  forgetInstallation();
}

const missing = Object.assign(
  new Error("Cannot find module '../bin/napi-v6/darwin/x64/onnxruntime_binding.node'\nRequire stack:"),
  {
    code: "MODULE_NOT_FOUND",
  },
);

describe("a platform without a native build", () => {
  beforeAll(() => withoutNativeBuild(missing));
  afterAll(() => {
    modules._load = load;
    forgetInstallation();
  });

  test("computes by WebAssembly, and says why", async () => {
    const runtime = nodeRuntime({ threads: 2 });
    expect(runtime.provider).toBe("wasm");
    const { build } = installation();
    expect(runtime.description).toMatch(/^onnxruntime-web \d+\.\d+\.\d+, wasm in Node, 2 threads /);
    expect(runtime.description).toContain(`(onnxruntime-node has no native build for ${build})`);
    const x = input("x", "float32", ["B", 2]);
    const weights = new Map([["w", { kind: "memory", data: Float32Array.of(1, 2, 3, 4) } as const]]);
    const session = await runtime.open(program("linear", { y: ops.matmul(x, param("w", [2, 2])) }), { weights });
    const { y } = await session.run({ x: runtime.floats(Float32Array.of(1, 10), [1, 2]) });
    expect(y!.data).toEqual(Float32Array.of(31, 42));
    await session.dispose();
  });

  test("opens no other device, in words", () => {
    expect(presentDevices()).toEqual(["cpu"]);
    expect(() => nodeRuntime({ device: "webgpu" })).toThrow(
      /^device: expected one of auto, cpu \(what this installation can open\), got webgpu \(onnxruntime-node has no native build for .*\)$/,
    );
  });

  test("a file that does not load gives its reason", () => {
    withoutNativeBuild(new Error("Error loading shared library ld-linux-x86-64.so.2: No such file\nmore"));
    expect(nodeRuntime().description).toContain(
      "that loads here (Error loading shared library ld-linux-x86-64.so.2: No such file)",
    );
  });
});

test("FLEXVAR_RUNTIME=wasm does without the native build", () => {
  process.env.FLEXVAR_RUNTIME = "wasm";
  forgetInstallation();
  try {
    expect(nodeRuntime().provider).toBe("wasm");
  } finally {
    delete process.env.FLEXVAR_RUNTIME;
    forgetInstallation();
  }
  expect(nodeRuntime().provider).toBe("cpu");
});
