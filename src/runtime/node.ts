import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import * as ort from "onnxruntime-node";
import { type ParamPlacement, type Program, type Provider, type Tensor, toOnnx } from "../engine/index.ts";
import { createRuntime, type OpenOptions, type Runtime, type WeightData } from "./runtime.ts";

export interface NodeRuntimeOptions {
  /** `cpu` (default) or `webgpu`. */
  readonly device?: string;
  /** Threads of one operator; all cores by default. */
  readonly threads?: number;
  /** Least severe ONNX Runtime message shown: 0 verbose … 4 fatal (default 3, errors). */
  readonly logSeverity?: 0 | 1 | 2 | 3 | 4;
}

/** Devices that this build can compute on. */
export const nodeDevices = ["cpu", "webgpu"] as const;

/** ONNX Runtime in Node. Throws where the device is not one that this build has. */
export function nodeRuntime({ device = "cpu", threads, logSeverity = 3 }: NodeRuntimeOptions = {}): Runtime {
  if (device !== "cpu" && device !== "webgpu")
    throw new Error(
      `device: expected one of ${nodeDevices.join(", ")} (what this build can compute on), got ${device}`,
    );
  const provider: Provider = device;
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  return createRuntime({
    Tensor: ort.Tensor,
    provider,
    description: `onnxruntime-node ${version}, ${device}`,
    create: (program, options) => createSession(program, options, provider, threads, logSeverity),
  });
}

async function createSession(
  program: Program,
  { weights, keepOnDevice = [], prepack = true }: OpenOptions,
  provider: Provider,
  threads: number | undefined,
  logSeverityLevel: 0 | 1 | 2 | 3 | 4,
): Promise<ort.InferenceSession> {
  const onDevice = Object.keys(program.outputs).map((name): [string, "gpu-buffer" | "cpu"] => [
    name,
    keepOnDevice.includes(name) ? "gpu-buffer" : "cpu",
  ]);
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [provider],
    graphOptimizationLevel: "all",
    enableCpuMemArena: true,
    enableMemPattern: false,
    logSeverityLevel,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    ...(provider === "webgpu" && keepOnDevice.length > 0
      ? { preferredOutputLocation: Object.fromEntries(onDevice) }
      : {}),
    extra: {
      session: {
        disable_prepacking: prepack ? "0" : "1",
        intra_op: { allow_spinning: "0" },
        inter_op: { allow_spinning: "0" },
      },
    },
  };
  const placed = program.params.flatMap((t): [Tensor, WeightData][] => {
    const data = weights?.get(t.name!);
    return data === undefined ? [] : [[t, data]];
  });
  const external = placed.some(([, data]) => data.kind === "file");
  const model = toOnnx(program, { provider, place: (t) => placement(weights?.get(t.name!)) });
  if (!external) return ort.InferenceSession.create(model, options);
  return withModelBeside(weightsFolder(placed), model, (path) => ort.InferenceSession.create(path, options));
}

function placement(data: WeightData | undefined): ParamPlacement {
  if (data === undefined) return { kind: "input" };
  if (data.kind === "file")
    return { kind: "external", location: basename(data.path), offset: data.offset, length: data.length };
  const { buffer, byteOffset, byteLength } = data.data;
  return { kind: "inline", bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}

function weightsFolder(placed: readonly [Tensor, WeightData][]): string {
  const folders = new Set(placed.flatMap(([, data]) => (data.kind === "file" ? [dirname(data.path)] : [])));
  if (folders.size !== 1) throw new Error(`weights: expected files of one folder, got ${[...folders].join(", ")}`);
  return [...folders][0]!;
}

/**
 * ONNX Runtime maps external weights only from the folder of the model file: the model is written there for as long as
 * the session takes to open. The mapping outlives the file.
 */
async function withModelBeside<T>(folder: string, model: Uint8Array, open: (path: string) => Promise<T>): Promise<T> {
  const path = join(folder, `.opening-${process.pid}-${randomBytes(4).toString("hex")}.onnx`);
  try {
    await writeFile(path, model);
    return await open(path);
  } finally {
    await rm(path, { force: true });
  }
}
