/** A maker in a worker thread, called by messages. */

import type { MessagePort, Worker } from "node:worker_threads";
import { OptionError } from "../options/index.ts";
import type { ShownScales } from "../pipelines/index.ts";
import type { Calibration, DrawBatch, EditWork, LargeWork, MadeScale, PictureMaker } from "./maker.ts";

type Call =
  | { readonly kind: "draw"; readonly id: number; readonly batch: DrawBatch }
  | { readonly kind: "edit"; readonly id: number; readonly work: EditWork | LargeWork; readonly shown: ShownScales }
  | { readonly kind: "stop"; readonly id: number };

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly param: string | undefined;
  readonly stack: string | undefined;
}

type Answer =
  | { readonly kind: "ready"; readonly calibration: Calibration | undefined }
  | { readonly kind: "scale"; readonly id: number; readonly scale: MadeScale }
  | { readonly kind: "end"; readonly id: number; readonly failure: Failure | undefined };

/** Answers the calls of {@link threadMaker} with a maker of this thread. */
export async function serveMaker(maker: PictureMaker, port: MessagePort): Promise<void> {
  const stops = new Map<number, AbortController>();
  const answer = (message: Answer): void => port.postMessage(message);
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
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
      failure = { name, message, stack, param: error instanceof OptionError ? error.param : undefined };
    }
    stops.delete(id);
    answer({ kind: "end", id, failure });
  };
  port.on("message", (call: Call) => {
    if (call.kind === "stop") stops.get(call.id)?.abort();
    else if (call.kind === "draw") void carryOut(call.id, (signal) => maker.draw(call.batch, signal));
    else void carryOut(call.id, (signal) => maker.edit(call.work, call.shown, signal));
  });
  answer({ kind: "ready", calibration: await maker.calibrate?.() });
}

/** A maker behind a thread that calls {@link serveMaker}; resolves when the thread is ready. @throws what the thread failed with. */
export async function threadMaker(worker: Worker): Promise<PictureMaker> {
  const listeners = new Map<number, (answer: Exclude<Answer, { kind: "ready" }>) => void>();
  let last = 0;
  let dead: Error | undefined;
  const calibration = await new Promise<Calibration | undefined>((resolve, reject) => {
    const die = (error: Error): void => {
      dead ??= error;
      reject(dead);
      const failure = { name: dead.name, message: dead.message, stack: dead.stack, param: undefined };
      for (const [id, listener] of listeners) listener({ kind: "end", id, failure });
    };
    worker.on("error", die);
    worker.on("exit", (code) => die(new Error(`maker: expected its thread to run, got its end (${code})`)));
    worker.on("message", (answer: Answer) => {
      if (answer.kind === "ready") resolve(answer.calibration);
      else listeners.get(answer.id)?.(answer);
    });
  });
  async function* call(message: (id: number) => Call, signal: AbortSignal): AsyncGenerator<MadeScale> {
    signal.throwIfAborted();
    if (dead !== undefined) throw dead;
    const id = ++last;
    const answers: Exclude<Answer, { kind: "ready" }>[] = [];
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
    async dispose() {
      await worker.terminate();
    },
  };
}

function thrown({ name, message, param, stack }: Failure): Error {
  if (param !== undefined) return new OptionError(param, message.slice(param.length + 2));
  const error = new Error(message);
  error.name = name;
  // Where it was thrown, in the other thread.
  if (stack !== undefined) error.stack = stack;
  return error;
}
