/** A renderer in another process (or thread), called by messages. */
import { EventEmitter, on } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ExpectedError, isExpected, OptionError } from "../errors/index.ts";
import type { ShownScales } from "../pipelines/index.ts";
import type {
  Calibration,
  DrawBatch,
  EditWork,
  LargeWork,
  MadeScale,
  PixelBatch,
  PixelScale,
  Renderer,
} from "./renderer.ts";

type Order =
  | { readonly kind: "draw"; readonly batch: DrawBatch }
  | { readonly kind: "pixels"; readonly batch: PixelBatch }
  | { readonly kind: "edit"; readonly work: EditWork | LargeWork; readonly shown: ShownScales };

type Call = (Order | { readonly kind: "stop" }) & { readonly id: number };

type Failure = Pick<Error, "name" | "message" | "stack"> & {
  readonly isExpected: boolean;
  readonly option: Pick<OptionError, "parameter" | "expected" | "got"> | undefined;
};

type Answer =
  | { readonly kind: "ready"; readonly calibration: Calibration | undefined; readonly memory: number }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "scale"; readonly id: number; readonly scale: MadeScale | PixelScale }
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
  const carryOut = async (order: Order, id: number): Promise<void> => {
    const stop = new AbortController();
    stops.set(id, stop);
    let failure: Failure | undefined;
    try {
      for await (const scale of scalesOf(renderer, order, stop.signal)) {
        answer({ kind: "scale", id, scale });
        // A turn of the event loop, so that a stop is heard before the next scale.
        await nextTurn();
      }
    } catch (error) {
      failure = failureOf(error);
    }
    stops.delete(id);
    answer({ kind: "end", id, failure, memory: process.memoryUsage.rss() });
  };
  port.on("message", (call: Call) => {
    if (call.kind === "stop") stops.get(call.id)?.abort();
    else void carryOut(call, call.id);
  });
  answer({ kind: "ready", calibration, memory: process.memoryUsage.rss() });
}

function scalesOf(renderer: Renderer, order: Order, signal: AbortSignal): AsyncIterable<MadeScale | PixelScale> {
  if (order.kind === "draw") return renderer.draw(order.batch, signal);
  if (order.kind === "edit") return renderer.edit(order.work, order.shown, signal);
  if (renderer.pixels === undefined) throw new Error("renderer: expected one that gives pixels, got another");
  return renderer.pixels(order.batch, signal);
}

/** A renderer at the other end of a line to {@link serveRenderer}; resolves when it is ready. @throws what it failed with. */
export async function remoteRenderer(worker: RendererEnd): Promise<Renderer> {
  /** What tells of the scales, the end or the failure of every call under way. */
  const calls = new Map<number, EventEmitter>();
  let last = 0;
  let dead: Error | undefined;
  let memory = 0;
  const finish = (id: number, failure: Error | undefined): void => {
    const call = calls.get(id);
    calls.delete(id);
    if (failure === undefined) call?.emit("end");
    else call?.emit("error", failure);
  };
  const calibration = await new Promise<Calibration | undefined>((resolve, reject) => {
    const die = (error: Error): void => {
      dead ??= error;
      reject(dead);
      for (const id of calls.keys()) finish(id, dead);
    };
    worker.on("error", die);
    worker.on("exit", (code) =>
      die(new ExpectedError(`renderer: expected its process to run, got its end (${code ?? "by signal"})`)),
    );
    worker.on("message", (answer: Answer) => {
      if (answer.kind === "ready" || answer.kind === "end") memory = answer.memory;
      if (answer.kind === "ready") resolve(answer.calibration);
      else if (answer.kind === "failed") die(thrown(answer.failure));
      else if (answer.kind === "scale") calls.get(answer.id)?.emit("scale", answer.scale);
      else finish(answer.id, answer.failure && thrown(answer.failure));
    });
  });
  async function* call<Scale extends MadeScale | PixelScale>(order: Order, signal: AbortSignal): AsyncGenerator<Scale> {
    signal.throwIfAborted();
    if (dead !== undefined) throw dead;
    const id = ++last;
    const events = new EventEmitter();
    const scales = on(events, "scale", { close: ["end"] });
    calls.set(id, events);
    const stop = (): void => worker.postMessage({ kind: "stop", id } satisfies Call);
    signal.addEventListener("abort", stop);
    try {
      worker.postMessage({ ...order, id } satisfies Call);
      for await (const [scale] of scales) yield scale;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      if (calls.delete(id)) stop();
      signal.removeEventListener("abort", stop);
    }
  }
  return {
    draw: (batch, signal) => call({ kind: "draw", batch }, signal),
    edit: (work, shown, signal) => call({ kind: "edit", work, shown }, signal),
    pixels: (batch, signal) => call({ kind: "pixels", batch }, signal),
    calibrate: async () => calibration,
    memoryBytes: () => (dead === undefined ? memory : 0),
    isAlive: () => dead === undefined,
    async dispose() {
      await worker.terminate();
    },
  };
}

function failureOf(error: unknown): Failure {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const failure = { name, message, stack, isExpected: isExpected(error) };
  if (!(error instanceof OptionError)) return { ...failure, option: undefined };
  const { parameter, expected, got } = error;
  return { ...failure, option: { parameter, expected, got } };
}

/** The stack is that of the other process. */
function thrown({ name, message, option, stack, isExpected }: Failure): Error {
  if (option !== undefined) return new OptionError(option.parameter, option.expected, option.got);
  return Object.assign(isExpected ? new ExpectedError(message) : new Error(message), { name, stack });
}
