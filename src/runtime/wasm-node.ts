/** ONNX Runtime's WebAssembly in Node, for platforms without a native build (macOS on Intel, musl). */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { oneAtATime } from "./exclusive.ts";
import { createRuntime, type Runtime } from "./runtime.ts";
import { createWebSession, type WebOrt } from "./web-session.ts";

/** Bytes of weights that fit beside a run into WebAssembly's 4 GB. */
export const MOST_WASM_BYTES = 3 * 2 ** 30;

/** @param problem why there is no native build, for the description. */
export function nodeWasmRuntime(
  problem: string,
  {
    threads = availableParallelism(),
    logSeverity,
  }: { readonly threads?: number | undefined; readonly logSeverity: 0 | 1 | 2 | 3 | 4 },
): Runtime {
  const ort = createRequire(import.meta.url)("onnxruntime-web") as WebOrt;
  const { wasm, versions } = ort.env;
  // The first session of the process fixes it.
  wasm.numThreads = threads;
  return oneAtATime(
    createRuntime({
      Tensor: ort.Tensor,
      provider: "wasm",
      description: `onnxruntime-web ${versions.web}, wasm in Node, ${threads} thread${threads === 1 ? "" : "s"} (${problem})`,
      create: (program, options) => createWebSession(ort, program, options, "wasm", logSeverity),
    }),
  );
}
