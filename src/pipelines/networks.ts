import type { Program } from "../engine/index.ts";
import type { Runtime, Session, Value, Weights } from "../runtime/index.ts";
import {
  conditioningProgram,
  decoderProgram,
  embedProgram,
  encoderProgram,
  firstHalfProgram,
  type NetworkConfigs,
  quantiseProgram,
  stepProgram,
} from "./programs.ts";
import { createResidency, type NetworkGroup } from "./residency.ts";

/** The sessions of one model, each opened when it is first needed. */
export interface Networks {
  readonly configs: NetworkConfigs;
  readonly runtime: Runtime;
  conditioning(): Promise<Session>;
  embed(): Promise<Session>;
  step(guided: boolean): Promise<Session>;
  /** Leaves the rows without a class out of the keys and values. */
  firstHalf(): Promise<Session>;
  decoder(): Promise<Session>;
  encoder(): Promise<Session>;
  quantise(): Promise<Session>;
  /** Closes every session that was opened. */
  dispose(): Promise<void>;
}

export interface NetworkOptions {
  /** Whether weights are re-packed when a session opens; see `OpenOptions.prepack`. */
  readonly prepack?: boolean;
  /** Keeps only the transformer's or only the tokenizer's sessions open at a time. */
  readonly oneAtATime?: boolean;
}

export function createNetworks(
  runtime: Runtime,
  configs: NetworkConfigs,
  weights: Weights,
  { prepack, oneAtATime = false }: NetworkOptions = {},
): Networks {
  const opened = new Map<string, Promise<Session>>();
  const residency = oneAtATime ? createResidency() : undefined;
  let disposed = false;

  const open = (traced: Program): Promise<Session> => {
    const cache = Object.keys(traced.outputs).filter((name) => name.startsWith("new_"));
    return runtime.open(traced, {
      weights,
      // One picture's sizes say nothing of the next one's: what a large one took must not stay taken.
      keepsMemory: false,
      ...(prepack === undefined ? {} : { prepack }),
      ...(runtime.provider === "webgpu" && cache.length > 0 ? { keepOnDevice: cache } : {}),
    });
  };
  const lazy = (group: NetworkGroup, key: string, trace: () => Program) => (): Promise<Session> => {
    if (disposed) throw new Error("model: expected an open model, got one that was disposed");
    let session = opened.get(key);
    if (session === undefined) {
      const traced = trace();
      const opening = (): Promise<Session> => open(traced);
      session = residency === undefined ? opening() : Promise.resolve(residency.session(group, traced, opening));
      opened.set(key, session);
    }
    return session;
  };
  const step = (guided: boolean) => lazy("transformer", `step ${guided}`, () => stepProgram(configs, guided));
  return {
    configs,
    runtime,
    conditioning: lazy("transformer", "conditioning", () => conditioningProgram(configs)),
    embed: lazy("transformer", "embed", () => embedProgram(configs)),
    step: (guided) => step(guided)(),
    firstHalf: lazy("transformer", "first half", () => firstHalfProgram(configs)),
    decoder: lazy("tokenizer", "decoder", () => decoderProgram(configs.tokenizer)),
    encoder: lazy("tokenizer", "encoder", () => encoderProgram(configs.tokenizer)),
    quantise: lazy("tokenizer", "quantise", () => quantiseProgram(configs.tokenizer)),
    async dispose() {
      disposed = true;
      const sessions = await Promise.allSettled(opened.values());
      opened.clear();
      await Promise.all(sessions.map((s) => (s.status === "fulfilled" ? s.value.dispose() : undefined)));
      await residency?.dispose();
    },
  };
}

/** Frees a value's device memory; a value on the CPU is left to the garbage collector. */
export function release(value: Value | undefined): void {
  if (value !== undefined && value.location !== "cpu") value.dispose();
}
