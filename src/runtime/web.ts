/** ONNX Runtime in browsers: WebAssembly on the CPU, or WebGPU. Works in a page and in a worker. */

import { OptionError } from "../errors/index.ts";
import { oneAtATime } from "./exclusive.ts";
import { createRuntime, type Runtime } from "./runtime.ts";
import { createWebSession, type WebOrt } from "./web-session.ts";

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
    create: (program, options) => createWebSession(ort, program, options, device, logSeverity),
  });
  return oneAtATime(runtime);
}

const isWebDevice = (device: string): device is WebDevice => (webDevices as readonly string[]).includes(device);

/** Wasm alone is half the download of the build that also has WebGPU. */
async function loadOrt(device: WebDevice): Promise<WebOrt> {
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
