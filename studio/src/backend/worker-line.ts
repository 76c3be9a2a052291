/** The line to a worker that is started when it is first needed, and ended to give its memory back. */
import type { OrderWorker } from "flexvar/orders";

export interface WorkerLine {
  started(): OrderWorker;
  /** Ends the worker; what is under way fails with these words. @param why in words. */
  release(why?: string): void;
}

/** @param onEnd told when the worker is ended or stopped by itself. */
export function workerLine(start: () => Worker, onEnd: () => void): WorkerLine {
  let running: (OrderWorker & { readonly close: (why: string) => void }) | undefined;
  const release = (why = "The model was closed before this was finished"): void => {
    running?.worker.terminate();
    running?.close(why);
    running = undefined;
    onEnd();
  };
  const begin = (): NonNullable<typeof running> => {
    const worker = start();
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      const cause = event.message ? `: ${event.message}` : "; perhaps this device ran out of memory";
      release(`The model's worker stopped${cause}`);
    });
    const closing = new AbortController();
    return { worker, closed: closing.signal, close: (why) => closing.abort(why) };
  };
  return {
    started() {
      running ??= begin();
      return running;
    },
    release,
  };
}
