import type { Program } from "../engine/index.ts";
import { ExpectedError } from "../errors/index.ts";
import { declareTokenizer, ofQuantized } from "../models/index.ts";
import {
  type ComputeType,
  createMutex,
  type Runtime,
  type Session,
  type Value,
  type Weights,
} from "../runtime/index.ts";
import { programOfType } from "./half-programs.ts";
import { type NetworkConfigs, type ProgramName, programNames } from "./programs.ts";

/** The sessions of one model, each opened when it is first needed. */
export interface Networks
  extends Readonly<Record<Exclude<ProgramName, "step" | "guidedStep">, () => Promise<Session>>> {
  readonly configs: NetworkConfigs;
  readonly runtime: Runtime;
  /** What the networks compute in. */
  readonly dtype: ComputeType;
  /** Bytes of the weights that are open at a time, all of them or those of the larger network. */
  readonly weightBytes: number;
  step(guided: boolean): Promise<Session>;
  /** Closes every session that was opened. */
  dispose(): Promise<void>;
}

export interface NetworkOptions {
  /** What the networks compute in; fp32 by default. */
  readonly dtype?: ComputeType | undefined;
  /** Whether weights are re-packed when a session opens; see `OpenOptions.prepack`. */
  readonly prepack?: boolean;
  /**
   * Keeps only the transformer's or only the tokenizer's sessions open: a run of the other's waits until nothing runs and closes those that
   * are open. Opening maps the weights anew, which costs little beside a run.
   */
  readonly oneAtATime?: boolean;
}

/** Models beyond this are used where they lie in their files, mapped, and not tried out before they draw. */
export const LARGE_MODEL_BYTES = 256 * 2 ** 20;

/** Bytes of weights. */
export function weightBytes(weights: Weights): number {
  let bytes = 0;
  for (const data of weights.values()) bytes += data.kind === "file" ? data.length : data.data.byteLength;
  return bytes;
}

const TOKENIZER: readonly ProgramName[] = ["decoder", "encoder", "quantise"];

/** @param floatConfigs sizes; which products are in integers is told by the weights. */
export function createNetworks(
  runtime: Runtime,
  floatConfigs: NetworkConfigs,
  weights: Weights,
  { prepack, oneAtATime = false, dtype = "fp32" }: NetworkOptions = {},
): Networks {
  const configs = withQuantized(floatConfigs, weights);
  const programs = new Map<ProgramName, Program>();
  const opened = new Map<ProgramName, Promise<Session>>();
  // Sessions run one at a time anyway where they are closed for one another.
  const exclusively = createMutex();
  let isTokenizer: boolean | undefined;
  let disposed = false;

  const tracedOnce = (name: ProgramName): Program => {
    const program = programs.get(name) ?? programOfType(name, configs, dtype);
    programs.set(name, program);
    return program;
  };
  const open = (name: ProgramName): Promise<Session> => {
    if (disposed) throw new ExpectedError("model: expected an open model, got one that was disposed");
    const known = opened.get(name);
    if (known !== undefined) return known;
    const program = tracedOnce(name);
    const cache = Object.keys(program.outputs).filter((output) => output.startsWith("new_"));
    const session = runtime.open(program, {
      weights,
      // One picture's sizes say nothing of the next one's: what a large one took must not stay taken.
      keepsMemory: false,
      ...(prepack === undefined ? {} : { prepack }),
      ...(runtime.provider === "webgpu" && cache.length > 0 ? { keepOnDevice: cache } : {}),
    });
    opened.set(name, session);
    return session;
  };
  const closeAll = async (): Promise<void> => {
    const sessions = await Promise.allSettled(opened.values());
    opened.clear();
    await Promise.all(sessions.map((s) => (s.status === "fulfilled" ? s.value.dispose() : undefined)));
  };
  /** A session that is opened whenever it runs and is not open. */
  const reopened = (name: ProgramName): Session => ({
    program: tracedOnce(name),
    run: (feeds, fetches) =>
      exclusively(async () => {
        if (isTokenizer !== TOKENIZER.includes(name)) await closeAll();
        isTokenizer = TOKENIZER.includes(name);
        return (await open(name)).run(feeds, fetches);
      }),
    dispose: () => Promise.resolve(),
  });
  const session = async (name: ProgramName): Promise<Session> => (oneAtATime ? reopened(name) : open(name));
  const sessions = Object.fromEntries(programNames.map((name) => [name, () => session(name)])) as Record<
    ProgramName,
    () => Promise<Session>
  >;
  return {
    ...sessions,
    configs,
    runtime,
    dtype,
    weightBytes: oneAtATime ? Math.max(...ofNetworks(configs, weights)) : weightBytes(weights),
    step: (guided) => session(guided ? "guidedStep" : "step"),
    dispose() {
      disposed = true;
      return exclusively(closeAll);
    },
  };
}

/** Bytes of the tokenizer's weights and of the transformer's. */
function ofNetworks({ tokenizer }: NetworkConfigs, weights: Weights): [tokenizer: number, transformer: number] {
  const names = new Set(declareTokenizer(tokenizer).map(({ name }) => name));
  const own = weightBytes(new Map([...weights].filter(([name]) => names.has(name))));
  return [own, weightBytes(weights) - own];
}

/** The networks with those weights in integers that are given so. */
function withQuantized(configs: NetworkConfigs, weights: Weights): NetworkConfigs {
  const names = [...weights.keys()].flatMap((name) => ofQuantized(name) ?? []);
  return names.length === 0 ? configs : { ...configs, quantized: new Set(names) };
}

/** Frees a value's device memory; a value on the CPU is left to the garbage collector. */
export function release(value: Value | undefined): void {
  if (value !== undefined && value.location !== "cpu") value.dispose();
}
