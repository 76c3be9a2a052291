/** What of ONNX Runtime is installed here, and what one command adds. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { OptionError } from "../errors/index.ts";
import { type Build, type DeviceName, deviceChoices, deviceNames, factsOf, isDevice } from "./devices.ts";

type NativeOrt = typeof import("onnxruntime-node");

const load = createRequire(import.meta.url);

/** The ONNX Runtime of this process. */
export interface Installation {
  /** Platform and architecture as Node names them. */
  readonly build: string;
  /** Of onnxruntime-node. */
  readonly version: string;
  /** Folder of the package. */
  readonly folder: string;
  /** The native build's module, or why there is none. */
  readonly native: NativeOrt | { readonly problem: string };
  /** Names of the execution providers that the native build knows. */
  readonly backends: readonly string[];
  /** Whether the download of the package's own script is there. */
  readonly hasDownload: boolean;
}

let found: Installation | undefined;

/** Loads the native build once; a machine that has none gets to know why. `FLEXVAR_RUNTIME=wasm` does without it. */
export function installation(): Installation {
  found ??= lookUp();
  return found;
}

/** For tests: what is installed is looked up anew. */
export function forgetInstallation(): void {
  found = undefined;
}

function lookUp(): Installation {
  const build = `${process.platform}/${process.arch}`;
  const manifest = load.resolve("onnxruntime-node/package.json");
  const { version } = load(manifest) as { version: string };
  const folder = dirname(manifest);
  const binaries = join(folder, "bin", "napi-v6", process.platform, process.arch);
  const hasDownload = existsSync(join(binaries, "libonnxruntime_providers_cuda.so"));
  const native = loadNative(build);
  const backends = "problem" in native ? [] : native.listSupportedBackends().map(({ name }) => name);
  return { build, version, folder, native, backends, hasDownload };
}

function loadNative(build: string): Installation["native"] {
  if (process.env.FLEXVAR_RUNTIME === "wasm") return { problem: "FLEXVAR_RUNTIME is wasm" };
  try {
    return load("onnxruntime-node") as NativeOrt;
  } catch (error) {
    const line = (error as Error).message.split("\n")[0]!;
    const isAbsent = (error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND";
    return {
      problem: `onnxruntime-node has no native build for ${build}${isAbsent ? "" : ` that loads here (${line})`}`,
    };
  }
}

/** Whether a device can be opened, and if not why and what adds it. It may still fail: only opening it shows whether the machine has what it needs. */
export type Presence =
  | { readonly here: true }
  | { readonly here: false; readonly why: string; readonly command?: string | undefined };

export function presenceOf(name: DeviceName, at: Installation = installation()): Presence {
  const { bundled, added } = factsOf(name);
  // The processor always computes: by the native build, or by WebAssembly.
  if (name === "cpu") return { here: true };
  if ("problem" in at.native) return { here: false, why: at.native.problem };
  if (added.includes(at.build as Build) && !at.hasDownload)
    return { here: false, why: "its libraries are not downloaded", command: downloadCommand(at) };
  if (at.backends.includes(name)) return { here: true };
  return {
    here: false,
    why: `onnxruntime-node ${at.version} has it on ${[...bundled, ...added].join(", ")}, not on ${at.build}`,
  };
}

/** The package's own script, which npm runs only where a project allows it. */
const downloadCommand = ({ folder }: Installation): string =>
  `node ${JSON.stringify(join(folder, "script", "install.js"))} --onnxruntime-node-install=cuda12`;

/** Devices that can be opened here. */
export const presentDevices = (at: Installation = installation()): DeviceName[] =>
  deviceNames.filter((name) => presenceOf(name, at).here);

/** @throws OptionError naming what this installation can open, and what adds the device that was asked for. */
export function expectDevice(name: string, at: Installation = installation()): asserts name is DeviceName {
  if (!isDevice(name)) throw new OptionError("device", `one of ${deviceChoices.join(", ")}`, name);
  const presence = presenceOf(name, at);
  if (presence.here) return;
  const { needs } = factsOf(name);
  const adds = presence.command === undefined ? "" : `; this adds it: ${presence.command}, and it needs ${needs}`;
  throw new OptionError(
    "device",
    `one of auto, ${presentDevices(at).join(", ")} (what this installation can open)`,
    `${name} (${presence.why}${adds})`,
  );
}
