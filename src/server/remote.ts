/** A renderer in another process (or thread), called by messages. */
import { OptionError } from "../errors/index.ts";
import type { ShownScales } from "../pipelines/index.ts";
import type { Calibration, DrawBatch, EditWork, LargeWork, MadeScale, Renderer } from "./renderer.ts";

type Call =
  | { readonly kind: "draw"; readonly id: number; readonly batch: DrawBatch }
  | { readonly kind: "edit"; readonly id: number; readonly work: EditWork | LargeWork; readonly shown: ShownScales }
  | { readonly kind: "stop"; readonly id: number };

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly option: Pick<OptionError, "parameter" | "expected" | "got"> | undefined;
  readonly stack: string | undefined;
}

type Answer =
  | { readonly kind: "ready"; readonly calibration: Calibration | undefined; readonly memory: number }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "scale"; readonly id: number; readonly scale: MadeScale }
  | { readonly kind: "end"; readonly id: number; readonly failure: Failure | undefined; readonly memory: number };

/** The renderer's end of the line, where calls arrive. */
export interface CallPort {
  on(event: "message", listener: (message: never) => void): unknown;
  postMessage(message: object): void;
}

/** The caller's end of the line to a renderer: the process or thread that it runs in. */
export interface RendererEnd {
  /** `message` with a message, `error` with an Error, `exit` with a code or null. */
  on(event: "message" | "error" | "exit", listener: (value: never) => void): unknown;
  postMessage(message: object): void;
  /** Ends the renderer at once, whatever it does. */
  terminate(): Promise<unknown>;
}

/** Answers the calls of {@link remoteRenderer} with a renderer of this process, or says why there is none. */
export async function serveRenderer(opening: Renderer | Promise<Renderer>, port: CallPort): Promise<void> {
  const stops = new Map<number, AbortController>();
  const answer = (message: Answer): void => port.postMessage(message);
  let renderer: Renderer;
  let calibration: Calibration | undefined;
  try {
    renderer = await opening;
    calibration = await renderer.calibrate?.();
  } catch (error) {
    answer({ kind: "failed", failure: failureOf(error) });
    return;
  }
  const carryOut = async (id: number, start: (signal: AbortSignal) => AsyncIterable<MadeScale>): Promise<void> => {
    const stop = new AbortController();
    stops.set(id, stop);
    let failure: Failure | undefined;
    try {
      for await (const scale of start(stop.signal)) {
        answer({ kind: "scale", id, scale });
        // A turn of the event loop, so that a stop is heard before the next scale.
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      failure = failureOf(error);
    }
    stops.delete(id);
    answer({ kind: "end", id, failure, memory: process.memoryUsage.rss() });
  };
  port.on("message", (call: Call) => {
    if (call.kind === "stop") stops.get(call.id)?.abort();
    else if (call.kind === "draw") void carryOut(call.id, (signal) => renderer.draw(call.batch, signal));
    else void carryOut(call.id, (signal) => renderer.edit(call.work, call.shown, signal));
  });
  answer({ kind: "ready", calibration, memory: process.memoryUsage.rss() });
}

function failureOf(error: unknown): Failure {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack, option: error instanceof OptionError ? optionOf(error) : undefined };
}

/** A renderer at the other end of a line to {@link serveRenderer}; resolves when it is ready. @throws what it failed with. */
export async function remoteRenderer(worker: RendererEnd): Promise<Renderer> {
  const listeners = new Map<number, (answer: Exclude<Answer, { kind: "ready" | "failed" }>) => void>();
  let last = 0;
  let dead: Error | undefined;
  let memory = 0;
  const calibration = await new Promise<Calibration | undefined>((resolve, reject) => {
    const die = (error: Error): void => {
      dead ??= error;
      reject(dead);
      const failure = { name: dead.name, message: dead.message, stack: dead.stack, option: undefined };
      for (const [id, listener] of listeners) listener({ kind: "end", id, failure, memory: 0 });
    };
    worker.on("error", die);
    worker.on("exit", (code) =>
      die(new Error(`renderer: expected its process to run, got its end (${code ?? "by signal"})`)),
    );
    worker.on("message", (answer: Answer) => {
      if (answer.kind === "ready" || answer.kind === "end") memory = answer.memory;
      if (answer.kind === "ready") resolve(answer.calibration);
      else if (answer.kind === "failed") die(thrown(answer.failure));
      else listeners.get(answer.id)?.(answer);
    });
  });
  async function* call(message: (id: number) => Call, signal: AbortSignal): AsyncGenerator<MadeScale> {
    signal.throwIfAborted();
    if (dead !== undefined) throw dead;
    const id = ++last;
    const answers: Exclude<Answer, { kind: "ready" | "failed" }>[] = [];
    let wake = (): void => {};
    const stop = (): void => worker.postMessage({ kind: "stop", id } satisfies Call);
    listeners.set(id, (answer) => {
      answers.push(answer);
      wake();
    });
    signal.addEventListener("abort", stop);
    let isEnded = false;
    try {
      worker.postMessage(message(id));
      while (!isEnded) {
        for (const answer of answers.splice(0)) {
          if (answer.kind === "scale") {
            yield answer.scale;
            continue;
          }
          isEnded = true;
          if (answer.failure !== undefined) throw signal.aborted ? signal.reason : thrown(answer.failure);
        }
        if (!isEnded && answers.length === 0)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      if (!isEnded) stop();
      signal.removeEventListener("abort", stop);
      listeners.delete(id);
    }
  }
  return {
    draw: (batch, signal) => call((id) => ({ kind: "draw", id, batch }), signal),
    edit: (work, shown, signal) => call((id) => ({ kind: "edit", id, work, shown }), signal),
    calibrate: async () => calibration,
    memoryBytes: () => (dead === undefined ? memory : 0),
    async dispose() {
      await worker.terminate();
    },
  };
}

const optionOf = ({ parameter, expected, got }: OptionError): Failure["option"] => ({ parameter, expected, got });

function thrown({ name, message, option, stack }: Failure): Error {
  if (option !== undefined) return new OptionError(option.parameter, option.expected, option.got);
  const error = new Error(message);
  error.name = name;
  // Where it was thrown, in the other process.
  if (stack !== undefined) error.stack = stack;
  return error;
}
