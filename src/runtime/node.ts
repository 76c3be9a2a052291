import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { totalmem } from "node:os";
import { basename, dirname, join } from "node:path";
import * as ort from "onnxruntime-node";
import {
  type DigitBits,
  type LowerOptions,
  type ParamPlacement,
  type Program,
  type Provider,
  type Tensor,
  toOnnx,
} from "../engine/index.ts";
import { OptionError } from "../errors/index.ts";
import { exactDigitBitsOf } from "./byte-products.ts";
import { createRuntime, type OpenOptions, type Runtime, type Session, type WeightData } from "./runtime.ts";

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
    throw new OptionError("device", `one of ${nodeDevices.join(", ")} (what this build can compute on)`, device);
  const provider: Provider = device;
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  const runtime = createRuntime({
    Tensor: ort.Tensor,
    provider,
    description: `onnxruntime-node ${version}, ${device}`,
    create: (program, options) => createSession(program, options, provider, threads, logSeverity),
  });
  if (provider !== "webgpu") return runtime;
  return {
    ...runtime,
    async open(program, options) {
      const session = await runtime.open(program, options);
      return options?.keepOnDevice === undefined ? session : withEveryOutput(session);
    },
  };
}

/**
 * Where outputs stay on the device, ONNX Runtime keeps those that a run leaves out bound to the buffers of the run before,
 * and fails when their size has changed. So all are asked for, and what was not wanted is freed.
 */
function withEveryOutput(session: Session): Session {
  const every = Object.fromEntries(Object.keys(session.program.outputs).map((name) => [name, null]));
  return {
    ...session,
    async run(feeds, fetches) {
      const outputs = await session.run(feeds, fetches && { ...every, ...fetches });
      if (fetches === undefined) return outputs;
      for (const [name, value] of Object.entries(outputs))
        if (!(name in fetches) && value.location !== "cpu") value.dispose();
      return Object.fromEntries(Object.entries(outputs).filter(([name]) => name in fetches));
    },
  };
}

async function createSession(
  program: Program,
  { weights, keepOnDevice = [], prepack = true, keepsMemory = true }: OpenOptions,
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
    enableCpuMemArena: keepsMemory,
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
  const digitBits = usesIntegers(program) ? await exactBits() : undefined;
  const lower = { provider, ...(digitBits !== undefined && { digitBits }) };
  const placed = program.params.flatMap((t): [Tensor, WeightData][] => {
    const data = weights?.get(t.name!);
    return data === undefined ? [] : [[t, atRealPath(data)]];
  });
  if (placed.some(([, data]) => data.kind === "file")) {
    const places = new Map(placed);
    const model = toOnnx(program, { ...lower, place: (t) => placement(places.get(t)) });
    return openMapped(placed, model, options);
  }
  return openInMemory(program, lower, placed, options);
}

const usesIntegers = (program: Program): boolean => program.order.some(({ op }) => op === "QuantizedMatMul");

let knownBits: Promise<DigitBits> | undefined;

/** Found out once a process. */
function exactBits(): Promise<DigitBits> {
  knownBits ??= exactDigitBitsOf(ort);
  return knownBits;
}

/** Weights up to this size travel inside the model; beyond, they are handed over beside it (protocol buffers end at 2 GB). */
const INLINE_BYTES = 256 * 2 ** 20;

async function openInMemory(
  program: Program,
  lower: Omit<LowerOptions, "place">,
  placed: readonly [Tensor, WeightData][],
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  const bytes = new Map(placed.map(([t, data]) => [t, memoryBytes(data)]));
  const total = [...bytes.values()].reduce((n, b) => n + b.length, 0);
  const inline = total <= INLINE_BYTES;
  const place = (t: Tensor): ParamPlacement => {
    const data = bytes.get(t);
    if (data === undefined) return { kind: "input" };
    if (inline) return { kind: "inline", bytes: data };
    return { kind: "external", location: t.name!, offset: 0, length: data.length };
  };
  const externalData = inline ? {} : { externalData: [...bytes].map(([t, data]) => ({ path: t.name!, data })) };
  return ort.InferenceSession.create(toOnnx(program, { ...lower, place }), { ...options, ...externalData });
}

function memoryBytes(data: WeightData): Uint8Array {
  if (data.kind === "file") throw new Error(`weights: expected bytes in memory, got the file ${data.path}`);
  return new Uint8Array(data.data.buffer, data.data.byteOffset, data.data.byteLength);
}

function placement(data: WeightData | undefined): ParamPlacement {
  if (data === undefined) return { kind: "input" };
  if (data.kind === "memory") return { kind: "inline", bytes: memoryBytes(data) };
  return { kind: "external", location: basename(data.path), offset: data.offset, length: data.length };
}

/** Weights by the file that a link leads to: ONNX Runtime maps nothing that a link reaches outside the model's folder. */
const atRealPath = (data: WeightData): WeightData =>
  data.kind === "file" ? { ...data, path: realpathSync(data.path) } : data;

function weightsFolder(placed: readonly [Tensor, WeightData][]): string {
  const folders = new Set(placed.flatMap(([, data]) => (data.kind === "file" ? [dirname(data.path)] : [])));
  if (folders.size !== 1) throw new Error(`weights: expected files of one folder, got ${[...folders].join(", ")}`);
  return [...folders][0]!;
}

/**
 * ONNX Runtime maps external weights only from the folder of the model file: the model is written there for as long as
 * the session takes to open. The mapping outlives the file.
 */
async function openMapped(
  placed: readonly [Tensor, WeightData][],
  model: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  const path = join(weightsFolder(placed), `.opening-${process.pid}-${randomBytes(4).toString("hex")}.onnx`);
  try {
    await writeFile(path, model);
    return await ort.InferenceSession.create(path, options);
  } finally {
    await rm(path, { force: true });
  }
}

/** Bytes that the process may take: the container's bound where there is one, else the machine's memory. */
export function availableBytes(): number {
  const machine = totalmem();
  // 0, or a number beyond all memory, where nothing binds the process.
  const bound = process.constrainedMemory();
  return bound > 0 && bound < machine ? bound : machine;
}
