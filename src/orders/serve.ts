/** The worker's side: orders come as messages, each with a port for its answers. */
import type { Answer, Wish } from "./messages.ts";
import { problemOf } from "./problem.ts";

/** Where the events of one order go. */
export interface Reader<E> {
  /** Sends an event; what is transferred is the reader's from then on. */
  tell(event: E, transfer?: Transferable[]): void;
  /** Waits until the reader asks for more than was told. @throws the signal's reason once the order is stopped. */
  taken(): Promise<void>;
  /** Aborted once the reader wants no more. */
  readonly signal: AbortSignal;
}

/** What an order ends with, and what of it is transferred. */
export interface Ended<R> {
  readonly result: R;
  readonly transfer?: Transferable[];
}

/** Carries out every order that this worker is sent; an order that was stopped ends without an error. */
export function serveOrders<O, E, R>(carryOut: (order: O, reader: Reader<E>) => Promise<Ended<R>>): void {
  addEventListener("message", async ({ data: order, ports: [port] }: MessageEvent<O>) => {
    const answer = (message: Answer<E, R>, transfer: Transferable[] = []): void => port!.postMessage(message, transfer);
    const stop = new AbortController();
    const { signal } = stop;
    let [told, wanted, wake] = [0, 0, (): void => {}];
    port!.onmessage = ({ data: wish }: MessageEvent<Wish>) => {
      if (wish === "stop") stop.abort();
      else wanted++;
      wake();
    };
    const reader: Reader<E> = {
      signal,
      tell(event, transfer) {
        told++;
        answer({ kind: "event", event }, transfer);
      },
      async taken() {
        while (wanted < told && !signal.aborted)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        signal.throwIfAborted();
      },
    };
    try {
      const { result, transfer } = await carryOut(order, reader);
      answer({ kind: "done", result }, transfer);
    } catch (error) {
      answer(signal.aborted ? { kind: "done" } : { kind: "failed", problem: problemOf(error) });
    }
  });
}
