/** The page's side: an order is sent with a port, over which its answers are read. */
import { ExpectedError } from "../errors/index.ts";
import type { Answer, Wish } from "./messages.ts";
import { errorOf } from "./problem.ts";

/** A worker that serves orders; `closed` is aborted, with the reason in words, once it answers no more. */
export interface OrderWorker {
  readonly worker: Worker;
  readonly closed: AbortSignal;
}

/**
 * Sends an order and hands on its events as they come; a reader that stops, or the signal, stops it.
 * @returns what it ends with; undefined where it was stopped.
 * @throws the error of the worker; ExpectedError in words where the worker is closed before the end.
 */
export async function* sendOrder<E, R>(
  { worker, closed }: OrderWorker,
  order: unknown,
  signal?: AbortSignal,
): AsyncGenerator<E, R | undefined> {
  const { port1: port, port2 } = new MessageChannel();
  const over = new AbortController();
  const wish = (said: Wish): void => port.postMessage(said);
  const stop = (): void => wish("stop");
  const arrived: Answer<E, R>[] = [];
  let wake = (): void => {};
  const take = (answer: Answer<E, R>): void => {
    arrived.push(answer);
    wake();
  };
  port.onmessage = ({ data }: MessageEvent<Answer<E, R>>) => take(data);
  const lose = (): void =>
    take(
      signal?.aborted ? { kind: "done" } : { kind: "failed", problem: { kind: "expected", message: closed.reason } },
    );
  closed.addEventListener("abort", lose, { signal: over.signal });
  signal?.addEventListener("abort", stop, { signal: over.signal });
  try {
    if (closed.aborted) throw new ExpectedError(closed.reason);
    worker.postMessage(order, [port2]);
    if (signal?.aborted) stop();
    for (;;) {
      for (const answer of arrived.splice(0)) {
        if (answer.kind === "failed") throw errorOf(answer.problem);
        if (answer.kind === "done") return answer.result;
        yield answer.event;
        wish("next");
      }
      if (arrived.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    over.abort();
    stop();
    port.close();
  }
}

/** Sends an order and waits for what it ends with. @throws as {@link sendOrder}. */
export async function askOrder<E, R>(
  worker: OrderWorker,
  order: unknown,
  { onEvent, signal }: { onEvent?: ((event: E) => void) | undefined; signal?: AbortSignal | undefined } = {},
): Promise<R | undefined> {
  const answers = sendOrder<E, R>(worker, order, signal);
  for (;;) {
    const { done, value } = await answers.next();
    if (done === true) return value;
    onEvent?.(value);
  }
}
