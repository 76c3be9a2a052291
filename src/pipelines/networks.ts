import type { Program } from "../engine/index.ts";
import type { OpenOptions, Runtime, Session, Value, Weights } from "../runtime/index.ts";
import {
  conditioningProgram,
  decoderProgram,
  embedProgram,
  encoderProgram,
  type NetworkConfigs,
  quantiseProgram,
  stepProgram,
} from "./programs.ts";

/** The sessions of one model, each opened when it is first needed. */
export interface Networks {
  readonly configs: NetworkConfigs;
  readonly runtime: Runtime;
  conditioning(): Promise<Session>;
  embed(): Promise<Session>;
  step(guided: boolean): Promise<Session>;
  decoder(): Promise<Session>;
  encoder(): Promise<Session>;
  quantise(): Promise<Session>;
  /** Closes every session that was opened. */
  dispose(): Promise<void>;
}

export interface NetworkOptions {
  readonly prepack?: boolean;
}

export function createNetworks(
  runtime: Runtime,
  configs: NetworkConfigs,
  weights: Weights,
  { prepack }: NetworkOptions = {},
): Networks {
  const opened = new Map<string, Promise<Session>>();
  let disposed = false;
  const once = (key: string, trace: () => Program, keep?: (p: Program) => string[]): (() => Promise<Session>) => {
    return () => {
      if (disposed) throw new Error("model: expected an open model, got one that was disposed");
      let session = opened.get(key);
      if (session === undefined) {
        const traced = trace();
        const options: OpenOptions = {
          weights,
          ...(prepack === undefined ? {} : { prepack }),
          ...(keep === undefined || runtime.provider !== "webgpu" ? {} : { keepOnDevice: keep(traced) }),
        };
        session = runtime.open(traced, options);
        opened.set(key, session);
      }
      return session;
    };
  };
  const cacheOutputs = (p: Program): string[] => Object.keys(p.outputs).filter((name) => name.startsWith("new_"));
  const steps = {
    guided: once("guided", () => stepProgram(configs, true), cacheOutputs),
    plain: once("plain", () => stepProgram(configs, false), cacheOutputs),
  };
  return {
    configs,
    runtime,
    conditioning: once("conditioning", () => conditioningProgram(configs)),
    embed: once("embed", () => embedProgram(configs)),
    step: (guided) => (guided ? steps.guided() : steps.plain()),
    decoder: once("decoder", () => decoderProgram(configs.tokenizer)),
    encoder: once("encoder", () => encoderProgram(configs.tokenizer)),
    quantise: once("quantise", () => quantiseProgram(configs.tokenizer)),
    async dispose() {
      disposed = true;
      const sessions = await Promise.allSettled(opened.values());
      opened.clear();
      await Promise.all(sessions.map((s) => (s.status === "fulfilled" ? s.value.dispose() : undefined)));
    },
  };
}

/** Frees a value's device memory; a value on the CPU is left to the garbage collector. */
export function release(value: Value | undefined): void {
  if (value !== undefined && value.location !== "cpu") value.dispose();
}
