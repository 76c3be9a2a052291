/** Sessions of onnxruntime-web, in browsers and in Node. */
import type { InferenceSession } from "onnxruntime-common";
import { type ParamPlacement, type Program, type Tensor, toOnnx } from "../engine/index.ts";
import { bytesOfType, type OpenOptions, type WeightData } from "./runtime.ts";

export type WebOrt = typeof import("onnxruntime-common");

/** Weights are handed over beside the model, each read straight into the session: no second copy inside the model. */
export function createWebSession(
  ort: WebOrt,
  program: Program,
  { weights, keepOnDevice = [], prepack = true }: OpenOptions,
  device: "wasm" | "webgpu",
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
    throw new Error(`weights: expected "${param.name}" in memory (WebAssembly has no files), got ${weight.path}`);
  return bytesOfType(param, weight);
}

function outputLocations(program: Program, onDevice: readonly string[]): Record<string, "gpu-buffer" | "cpu"> {
  const names = Object.keys(program.outputs);
  return Object.fromEntries(names.map((name) => [name, onDevice.includes(name) ? "gpu-buffer" : "cpu"]));
}
