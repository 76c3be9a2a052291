/** ONNX Runtime in browsers: WebAssembly on the CPU, or WebGPU. Works in a page and in a worker. */

import type { InferenceSession } from "onnxruntime-common";
import { type ParamPlacement, type Program, type Tensor, toOnnx } from "../engine/index.ts";
import { OptionError } from "../errors/index.ts";
import { createMutex } from "./mutex.ts";
import { createRuntime, type OpenOptions, type Runtime, type WeightData } from "./runtime.ts";

/** Devices that a browser can compute on. */
export const webDevices = ["wasm", "webgpu"] as const;

export type WebDevice = (typeof webDevices)[number];

export interface WebRuntimeOptions {
  /** `wasm` (default) or `webgpu`. */
  readonly device?: string;
  /**
   * Threads of one operator on Wasm; by default half of the processor's, from 2 to 8. More than one needs a page that is
   * cross-origin isolated (headers `Cross-Origin-Opener-Policy: same-origin` and
   * `Cross-Origin-Embedder-Policy: require-corp`); elsewhere it is one. The first session of a page fixes the number.
   */
  readonly threads?: number;
  /**
   * Address of the folder that holds ONNX Runtime's files, ending in `/`: `ort-wasm-simd-threaded.{mjs,wasm}` for Wasm and
   * `ort-wasm-simd-threaded.asyncify.{mjs,wasm}` for WebGPU, from onnxruntime-web's `dist`. A relative address counts from
   * the page. Without it the files are looked for beside onnxruntime-web's module, where bundlers that know
   * `new URL(…, import.meta.url)` put them. The first session of a page fixes it.
   */
  readonly wasmPaths?: string | URL;
  /** Least severe ONNX Runtime message shown: 0 verbose … 4 fatal (default 3, errors). */
  readonly logSeverity?: 0 | 1 | 2 | 3 | 4;
}

type Ort = typeof import("onnxruntime-common");

/**
 * A page has one WebAssembly instance of ONNX Runtime, which cannot do two things at once: opening shares its table of
 * external weights, and a WebGPU run suspends inside it. Every runtime of the page waits here for its turn.
 */
const exclusively = createMutex();

/**
 * ONNX Runtime in a browser; its module is loaded here and its WebAssembly with the first session.
 * @throws Error where the device is unknown, or the browser has no WebGPU.
 */
export async function webRuntime({
  device = "wasm",
  threads,
  wasmPaths,
  logSeverity = 3,
}: WebRuntimeOptions = {}): Promise<Runtime> {
  if (!isWebDevice(device))
    throw new OptionError("device", `one of ${webDevices.join(", ")} (what a browser can compute on)`, device);
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1))
    throw new OptionError("threads", "a whole number of at least 1", threads);
  const ort = await loadOrt(device);
  const { wasm, versions } = ort.env;
  wasm.numThreads = usableThreads(threads);
  if (wasmPaths !== undefined) wasm.wasmPaths = folderAddress(wasmPaths);
  const computes = device === "wasm" ? `wasm, ${wasm.numThreads} thread${wasm.numThreads === 1 ? "" : "s"}` : device;
  const runtime = createRuntime({
    Tensor: ort.Tensor,
    provider: device,
    description: `onnxruntime-web ${versions.web}, ${computes}`,
    create: (program, options) => createSession(ort, program, options, device, logSeverity),
  });
  return {
    ...runtime,
    async open(program, options) {
      const session = await exclusively(() => runtime.open(program, options));
      return {
        program,
        run: (feeds, fetches) => exclusively(() => session.run(feeds, fetches)),
        dispose: () => exclusively(() => session.dispose()),
      };
    },
  };
}

const isWebDevice = (device: string): device is WebDevice => (webDevices as readonly string[]).includes(device);

/** Wasm alone is half the download of the build that also has WebGPU. */
async function loadOrt(device: WebDevice): Promise<Ort> {
  if (device === "wasm") return import("onnxruntime-web/wasm");
  if (!(await hasWebGpu())) throw new OptionError("device", "a browser with WebGPU", 'none here; use "wasm"');
  return import("onnxruntime-web/webgpu");
}

/** Whether this browser gives out a WebGPU adapter. */
export async function hasWebGpu(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
  return gpu !== undefined && (await gpu.requestAdapter().catch(() => null)) !== null;
}

function usableThreads(wanted: number | undefined): number {
  if (globalThis.crossOriginIsolated !== true) return 1;
  return wanted ?? Math.min(8, Math.max(2, Math.ceil(navigator.hardwareConcurrency / 2)));
}

function folderAddress(given: string | URL): string {
  const base = typeof document === "undefined" ? globalThis.location?.href : document.baseURI;
  const address = new URL(given, base).href;
  return address.endsWith("/") ? address : `${address}/`;
}

/** Weights are handed over beside the model, each read straight into the session: no second copy inside the model. */
function createSession(
  ort: Ort,
  program: Program,
  { weights, keepOnDevice = [], prepack = true }: OpenOptions,
  device: WebDevice,
  logSeverityLevel: 0 | 1 | 2 | 3 | 4,
): Promise<InferenceSession> {
  const externalData: { path: string; data: Uint8Array }[] = [];
  const place = (param: Tensor): ParamPlacement => {
    const weight = weights?.get(param.name!);
    if (weight === undefined) return { kind: "input" };
    const bytes = bytesOf(param, weight);
    if (bytes.length === 0) return { kind: "inline", bytes };
    externalData.push({ path: param.name!, data: bytes });
    return { kind: "external", location: param.name!, offset: 0, length: bytes.length };
  };
  const model = toOnnx(program, { provider: device, place });
  return ort.InferenceSession.create(model, {
    executionProviders: [device],
    graphOptimizationLevel: "all",
    enableMemPattern: false,
    logSeverityLevel,
    externalData,
    ...(device === "webgpu" && keepOnDevice.length > 0
      ? { preferredOutputLocation: outputLocations(program, keepOnDevice) }
      : {}),
    extra: { session: { disable_prepacking: prepack ? "0" : "1" } },
  });
}

function bytesOf(param: Tensor, weight: WeightData): Uint8Array {
  if (weight.kind === "file")
    throw new Error(`weights: expected "${param.name}" in memory (browsers have no files), got ${weight.path}`);
  const { buffer, byteOffset, byteLength } = weight.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function outputLocations(program: Program, onDevice: readonly string[]): Record<string, "gpu-buffer" | "cpu"> {
  const names = Object.keys(program.outputs);
  return Object.fromEntries(names.map((name) => [name, onDevice.includes(name) ? "gpu-buffer" : "cpu"]));
}
