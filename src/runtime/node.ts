import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { basename, dirname, join } from "node:path";
import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import {
  type DigitBits,
  type LowerOptions,
  type ParamPlacement,
  type Program,
  type Tensor,
  toOnnx,
} from "../engine/index.ts";
import { exactDigitBitsOf } from "./byte-products.ts";
import { coresHere } from "./cores.ts";
import { type DeviceName, factsOf } from "./devices.ts";
import { oneAtATime } from "./exclusive.ts";
import { expectDevice, installation } from "./installation.ts";
import { reusingSessions } from "./reuse.ts";
import {
  bytesOfType,
  createRuntime,
  type OpenOptions,
  type Runtime,
  type Session,
  type WeightData,
} from "./runtime.ts";
import { nodeWasmRuntime } from "./wasm-node.ts";

export * from "./devices.ts";
export * from "./installation.ts";
export type { Runtime } from "./runtime.ts";
export { MOST_WASM_BYTES } from "./wasm-node.ts";

export interface NodeRuntimeOptions {
  /** One of {@link deviceNames} that this installation has; `cpu` by default. */
  readonly device?: string | undefined;
  /** Threads of one operator; one for each core by default. */
  readonly threads?: number | undefined;
  /** Least severe ONNX Runtime message shown: 0 verbose … 4 fatal (default 3, errors). */
  readonly logSeverity?: 0 | 1 | 2 | 3 | 4;
}

/**
 * ONNX Runtime in Node. Where the platform has no native build, the processor computes by WebAssembly.
 * @throws OptionError where the device is not one that this installation has.
 */
export function nodeRuntime({ device = "cpu", threads, logSeverity = 3 }: NodeRuntimeOptions = {}): Runtime {
  expectDevice(device);
  const { native, version } = installation();
  if ("problem" in native) return nodeWasmRuntime(native.problem, { threads, logSeverity });
  for (const [name, value] of Object.entries(factsOf(device).environment)) process.env[name] ??= value;
  const runtime = createRuntime({
    Tensor: native.Tensor,
    provider: device,
    description: `onnxruntime-node ${version}, ${device}`,
    create: (program, options) => createSession(native, program, options, { device, threads, logSeverity }),
  });
  if (device !== "webgpu") return runtime;
  const shared = reusingSessions(oneAtATime(runtime));
  return {
    ...shared,
    async open(program, options) {
      const session = await shared.open(program, options);
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

/** The native module's classes. */
interface Native {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: TensorConstructor;
}
type Sessions = Native["InferenceSession"];

interface SessionSettings {
  readonly device: DeviceName;
  readonly threads: number | undefined;
  readonly logSeverity: 0 | 1 | 2 | 3 | 4;
}

function sessionOptions(
  program: Program,
  { keepOnDevice = [], prepack = true, keepsMemory = true, staysAwake = false }: OpenOptions,
  { device, threads = coresHere(), logSeverity }: SessionSettings,
): InferenceSession.SessionOptions {
  const { providers, session, keepsOutputs } = factsOf(device);
  const onDevice = Object.keys(program.outputs).map((name): [string, "gpu-buffer" | "cpu"] => [
    name,
    keepOnDevice.includes(name) ? "gpu-buffer" : "cpu",
  ]);
  return {
    executionProviders: providers,
    graphOptimizationLevel: "all",
    enableCpuMemArena: keepsMemory,
    enableMemPattern: false,
    logSeverityLevel: logSeverity,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    ...(keepsOutputs && keepOnDevice.length > 0 ? { preferredOutputLocation: Object.fromEntries(onDevice) } : {}),
    ...session,
    extra: {
      session: {
        disable_prepacking: prepack ? "0" : "1",
        intra_op: { allow_spinning: staysAwake ? "1" : "0" },
        inter_op: { allow_spinning: "0" },
        // Threads that stay awake do so within a run only.
        force_spinning_stop: "1",
      },
    },
  };
}

async function createSession(
  native: Native,
  program: Program,
  given: OpenOptions,
  settings: SessionSettings,
): Promise<InferenceSession> {
  const options = sessionOptions(program, given, settings);
  const { weights } = given;
  const sessions = native.InferenceSession;
  const digitBits = usesIntegers(program) ? await exactBits(native) : undefined;
  const lower = { provider: settings.device, ...(digitBits !== undefined && { digitBits }) };
  const placed = program.params.flatMap((t): [Tensor, WeightData][] => {
    const data = weights?.get(t.name!);
    return data === undefined ? [] : [[t, atRealPath(data)]];
  });
  if (placed.some(([, data]) => data.kind === "file")) {
    const places = new Map(placed);
    const model = toOnnx(program, { ...lower, place: (t) => placement(t, places.get(t)) });
    return openMapped(sessions, placed, model, options);
  }
  return openInMemory(sessions, program, lower, placed, options);
}

const usesIntegers = (program: Program): boolean => program.order.some(({ op }) => op === "QuantizedMatMul");

let knownBits: Promise<DigitBits> | undefined;

/** Found out once a process. */
function exactBits(native: Native): Promise<DigitBits> {
  knownBits ??= exactDigitBitsOf(native);
  return knownBits;
}

/** Weights up to this size travel inside the model; beyond, they are handed over beside it (protocol buffers end at 2 GB). */
const INLINE_BYTES = 256 * 2 ** 20;

async function openInMemory(
  sessions: Sessions,
  program: Program,
  lower: Omit<LowerOptions, "place">,
  placed: readonly [Tensor, WeightData][],
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const bytes = new Map(placed.map(([t, data]) => [t, memoryBytes(t, data)]));
  const total = [...bytes.values()].reduce((n, b) => n + b.length, 0);
  const inline = total <= INLINE_BYTES;
  const place = (t: Tensor): ParamPlacement => {
    const data = bytes.get(t);
    if (data === undefined) return { kind: "input" };
    if (inline) return { kind: "inline", bytes: data };
    return { kind: "external", location: t.name!, offset: 0, length: data.length };
  };
  const externalData = inline ? {} : { externalData: [...bytes].map(([t, data]) => ({ path: t.name!, data })) };
  return sessions.create(toOnnx(program, { ...lower, place }), { ...options, ...externalData });
}

function memoryBytes(param: Tensor, data: WeightData): Uint8Array {
  if (data.kind === "file") throw new Error(`weights: expected bytes in memory, got the file ${data.path}`);
  return bytesOfType(param, data);
}

function placement(param: Tensor, data: WeightData | undefined): ParamPlacement {
  if (data === undefined) return { kind: "input" };
  if (data.kind === "memory") return { kind: "inline", bytes: bytesOfType(param, data) };
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
  sessions: Sessions,
  placed: readonly [Tensor, WeightData][],
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const path = join(weightsFolder(placed), `.opening-${process.pid}-${randomBytes(4).toString("hex")}.onnx`);
  try {
    await writeFile(path, model);
    return await sessions.create(path, options);
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
