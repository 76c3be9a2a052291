import type { Program } from "../engine/index.ts";
import { ExpectedError } from "../errors/index.ts";
import {
  type ComputeType,
  createMutex,
  type Runtime,
  type Session,
  type Value,
  type Weights,
} from "../runtime/index.ts";
import { programOfType } from "./half-programs.ts";
import { type NetworkConfigs, PROGRAMS, type ProgramName } from "./programs.ts";

/** The sessions of one model, each opened when it is first needed. */
export interface Networks
  extends Readonly<Record<Exclude<ProgramName, "step" | "guidedStep">, () => Promise<Session>>> {
  readonly configs: NetworkConfigs;
  readonly runtime: Runtime;
  /** What the networks compute in. */
  readonly dtype: ComputeType;
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

const TOKENIZER: readonly ProgramName[] = ["decoder", "encoder", "quantise"];

export function createNetworks(
  runtime: Runtime,
  configs: NetworkConfigs,
  weights: Weights,
  { prepack, oneAtATime = false, dtype = "fp32" }: NetworkOptions = {},
): Networks {
  const programs = new Map<ProgramName, Program>();
  const opened = new Map<ProgramName, Promise<Session>>();
  // Sessions run one at a time anyway where they are closed for one another.
  const exclusively = createMutex();
  let isTokenizer: boolean | undefined;
  let disposed = false;

  const programOf = (name: ProgramName): Program => {
    const program = programs.get(name) ?? programOfType(name, configs, dtype);
    programs.set(name, program);
    return program;
  };
  const open = (name: ProgramName): Promise<Session> => {
    if (disposed) throw new ExpectedError("model: expected an open model, got one that was disposed");
    const known = opened.get(name);
    if (known !== undefined) return known;
    const program = programOf(name);
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
    program: programOf(name),
    run: (feeds, fetches) =>
      exclusively(async () => {
        if (isTokenizer !== TOKENIZER.includes(name)) await closeAll();
        isTokenizer = TOKENIZER.includes(name);
        return (await open(name)).run(feeds, fetches);
      }),
    dispose: () => Promise.resolve(),
  });
  const session = async (name: ProgramName): Promise<Session> => (oneAtATime ? reopened(name) : open(name));
  const sessions = Object.fromEntries(
    (Object.keys(PROGRAMS) as ProgramName[]).map((name) => [name, () => session(name)]),
  ) as Record<ProgramName, () => Promise<Session>>;
  return {
    ...sessions,
    configs,
    runtime,
    dtype,
    step: (guided) => session(guided ? "guidedStep" : "step"),
    dispose() {
      disposed = true;
      return exclusively(closeAll);
    },
  };
}

/** Frees a value's device memory; a value on the CPU is left to the garbage collector. */
export function release(value: Value | undefined): void {
  if (value !== undefined && value.location !== "cpu") value.dispose();
}
