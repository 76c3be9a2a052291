/**
 * The one table of devices: which builds of ONNX Runtime for Node have each, what it computes in, and how its sessions are opened. Commands, the
 * server, the trainer and the docs derive choices, help and messages from it.
 */
import type { InferenceSession } from "onnxruntime-common";
import { OptionError } from "../errors/index.ts";

/** A build of the npm package onnxruntime-node, as Node names platform and architecture. */
export type Build = `${"linux" | "win32" | "darwin"}/${"x64" | "arm64"}`;

/** What networks compute in. */
export type ComputeType = "fp32" | "fp16" | "int8";

interface DeviceFacts {
  /** What it is, for people. */
  readonly title: string;
  /** Builds of onnxruntime-node 1.30 that have it inside. */
  readonly bundled: readonly Build[];
  /** Builds that get it by the package's own download. */
  readonly added: readonly Build[];
  /** What the machine must have beside the package. */
  readonly needs: string;
  readonly dtypes: readonly ComputeType[];
  /** Execution providers in the order in which ONNX Runtime asks them; what none takes goes to the CPU. */
  readonly providers: readonly InferenceSession.ExecutionProviderConfig[];
  /** Session options beside those that every device has. */
  readonly session: Readonly<InferenceSession.SessionOptions>;
  /** Variables of the process that must stand before the provider is loaded; those that are set already stay. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether ONNX Runtime's Node binding can leave outputs on the device. */
  readonly keepsOutputs: boolean;
  /** Whether `auto` may take it. */
  readonly automatic: boolean;
}

const EVERY_BUILD: readonly Build[] = ["linux/x64", "linux/arm64", "win32/x64", "win32/arm64", "darwin/arm64"];

/**
 * TF32 rounds the factors of float32 products to 10 bits. The Node binding passes no such option to the CUDA provider; NVIDIA's libraries read this
 * variable when they are loaded.
 */
const NO_TF32 = { NVIDIA_TF32_OVERRIDE: "0" };

const CUDA_SYSTEM = "an NVIDIA GPU, CUDA 12 and cuDNN 9";

/** COREML_FLAG_CREATE_MLPROGRAM: the form that has float16 and most operators. */
const ML_PROGRAM = 0x10;

const inside = (bundled: readonly Build[], needs: string) => ({ bundled, added: [], needs });
const plain = { session: {}, environment: {}, keepsOutputs: false, automatic: true };

/** Devices in the order in which they are listed. */
const devices = {
  cpu: {
    title: "the processor",
    ...inside(EVERY_BUILD, "nothing"),
    ...plain,
    dtypes: ["fp32", "fp16", "int8"],
    providers: ["cpu"],
  },
  cuda: {
    title: "NVIDIA GPUs",
    bundled: [],
    added: ["linux/x64"],
    needs: CUDA_SYSTEM,
    dtypes: ["fp32", "fp16"],
    providers: ["cuda", "cpu"],
    ...plain,
    environment: NO_TF32,
  },
  // Builds its engines for minutes at each new shape: never taken unasked.
  tensorrt: {
    title: "NVIDIA GPUs by TensorRT",
    bundled: [],
    added: ["linux/x64"],
    needs: `${CUDA_SYSTEM}, and TensorRT 10`,
    dtypes: ["fp32", "fp16"],
    providers: ["tensorrt", "cuda", "cpu"],
    ...plain,
    environment: NO_TF32,
    automatic: false,
  },
  // DirectML takes neither memory patterns nor parallel execution.
  dml: {
    title: "GPUs by DirectML",
    ...inside(["win32/x64", "win32/arm64"], "a GPU with DirectX 12"),
    dtypes: ["fp32", "fp16"],
    providers: ["dml", "cpu"],
    ...plain,
    session: { enableMemPattern: false, executionMode: "sequential" },
  },
  coreml: {
    title: "Apple's GPU and neural engine",
    ...inside(["darwin/arm64"], "macOS 12 on Apple silicon"),
    dtypes: ["fp32", "fp16"],
    providers: [{ name: "coreml", coreMlFlags: ML_PROGRAM }, "cpu"],
    ...plain,
  },
  webgpu: {
    title: "GPUs by WebGPU",
    ...inside(["linux/x64", "win32/x64", "win32/arm64", "darwin/arm64"], "a GPU with Vulkan, DirectX 12 or Metal"),
    dtypes: ["fp32", "fp16"],
    providers: ["webgpu", "cpu"],
    ...plain,
    keepsOutputs: true,
  },
} as const satisfies Readonly<Record<string, DeviceFacts>>;

export type DeviceName = keyof typeof devices;

export const deviceNames = Object.keys(devices) as DeviceName[];

/** What `--device` takes. */
export const deviceChoices: readonly string[] = ["auto", ...deviceNames];

/** What `--dtype` takes. */
export const computeTypes = ["fp32", "fp16", "int8"] as const satisfies readonly ComputeType[];

export const isDevice = (name: string): name is DeviceName => Object.hasOwn(devices, name);

export const factsOf = (name: DeviceName): DeviceFacts => devices[name];

/** Help of the flag `--device`. */
export const DEVICE_HELP =
  "what computes; cpu by default. auto takes the fastest that this installation has and that computes rightly; flexvar devices lists them";

/** Help of the flag `--dtype`. */
export const DTYPE_HELP =
  "what the networks compute in; as the weights are stored by default, int8 or else fp32. fp16 is made for GPUs, where it halves their memory; on cpu it " +
  "opens slowly and saves none. int8: the transformer's products in integers, on the cpu";

/** @throws OptionError where nothing computes in `dtype`. */
export function expectDtype(dtype: string): asserts dtype is ComputeType {
  if (!computeTypes.some((known) => known === dtype))
    throw new OptionError("dtype", `one of ${computeTypes.join(", ")}`, dtype);
}

/** @throws OptionError where a device does not compute in `dtype`. */
export function expectDtypeOf(device: DeviceName | "wasm", dtype: string): asserts dtype is ComputeType {
  const has: readonly string[] = device === "wasm" ? ["fp32", "int8"] : factsOf(device).dtypes;
  if (!has.includes(dtype)) throw new OptionError("dtype", `${has.join(" or ")} on ${device}`, dtype);
}
