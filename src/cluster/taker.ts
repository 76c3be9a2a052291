/** Taking work at several places: one request is left open at each where nothing waits, so that what comes is handed out at once. */
import type { Msg } from "@nats-io/transport-node";
import type { Cluster } from "./connect.ts";
import { type Delivery, deliveryOf, isStatus, requestNext, Unanswered } from "./pull.ts";

/** A pull consumer, and how much of its work is taken at a time. */
export interface Source {
  readonly consumer: string;
  readonly batch: number;
}

export interface Taker {
  /**
   * Work of the first source that has any, up to its batch; where none has, what comes at any of them.
   * Empty when the signal is aborted. @throws Unanswered
   */
  next(sources: readonly Source[], signal: AbortSignal): Promise<Delivery[]>;
  close(): void;
}

/** How long an open request waits at the server, in ms, and how much longer for its answer. */
const OPEN_MS = 5000;
const ANSWER_MS = 2000;

/** Who is at work for longer takes its open requests back. */
const LONG_MS = 30;

/** What was asked for at a consumer and is not answered yet. */
interface Open {
  readonly most: number;
  readonly got: Delivery[];
  readonly timer: NodeJS.Timeout;
  readonly done: (got: Delivery[] | Unanswered) => void;
}

/** What came where. */
interface Come {
  readonly source: Source;
  readonly got: Delivery[];
}

export function createTaker({ connection }: Cluster): Taker {
  /** At most one request of each consumer: what comes bears the consumer's name, not the request's. */
  const open = new Map<string, Open>();
  /** Consumers at which a request is left open. */
  const waiting = new Set<string>();
  let line: ReturnType<typeof listen> | undefined;
  let awake: ((found: Come | Unanswered) => void) | undefined;
  let leaving: NodeJS.Timeout | undefined;

  /** Where answers come to, until nobody listens. */
  function listen() {
    const inbox = `_INBOX.${crypto.randomUUID()}`;
    const subscription = connection.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error === null) answered(message, inbox);
      },
    });
    return { inbox, subscription };
  }

  function answered(message: Msg, inbox: string): void {
    if (isStatus(message)) {
      const consumer = message.subject.slice(inbox.length + 1);
      const request = open.get(consumer);
      if (request !== undefined) end(consumer, request, request.got);
      return;
    }
    const delivery = deliveryOf(connection, message);
    const request = open.get(delivery.consumer);
    // Too late for who asked.
    if (request === undefined) delivery.giveBack();
    else if (request.got.push(delivery) === request.most) end(delivery.consumer, request, request.got);
  }

  function end(consumer: string, { timer, done }: Open, got: Delivery[] | Unanswered): void {
    clearTimeout(timer);
    open.delete(consumer);
    done(got);
  }

  function ask({ consumer }: Source, most: number, waitMs: number | undefined, done: Open["done"]): void {
    const late = (): void => {
      const request = open.get(consumer)!;
      const { got } = request;
      end(consumer, request, got.length > 0 ? got : new Unanswered(`${consumer}: expected an answer, got none`));
    };
    open.set(consumer, { most, got: [], timer: setTimeout(late, (waitMs ?? 0) + ANSWER_MS), done });
    line ??= listen();
    requestNext(connection, consumer, { batch: most, waitMs }, `${line.inbox}.${consumer}`);
  }

  /** What waits now. */
  const now = (source: Source, most: number): Promise<Delivery[]> =>
    new Promise((resolve, reject) => {
      ask(source, most, undefined, (got) => (got instanceof Unanswered ? reject(got) : resolve(got)));
    });

  function leaveOpen(source: Source): void {
    waiting.add(source.consumer);
    ask(source, 1, OPEN_MS, (got) => {
      waiting.delete(source.consumer);
      const isNews = got instanceof Unanswered || got.length > 0;
      if (awake === undefined) {
        // Busy with other work: another may have it.
        if (!(got instanceof Unanswered)) for (const delivery of got) delivery.giveBack();
      } else if (isNews) {
        const wake = awake;
        awake = undefined;
        wake(got instanceof Unanswered ? got : { source, got });
      } else leaveOpen(source);
    });
  }

  /** Takes open requests back: whoever draws for long would only hand their answers on. */
  function leave(): void {
    if (!connection.isClosed()) line?.subscription.unsubscribe();
    line = undefined;
    for (const { timer } of open.values()) clearTimeout(timer);
    open.clear();
    waiting.clear();
  }

  async function come(sources: readonly Source[], signal: AbortSignal): Promise<Come> {
    const stopped = (): void => awake?.({ source: sources[0]!, got: [] });
    const found = await new Promise<Come | Unanswered>((resolve) => {
      awake = resolve;
      signal.addEventListener("abort", stopped, { once: true });
      for (const source of sources) if (!waiting.has(source.consumer)) leaveOpen(source);
      if (signal.aborted) stopped();
    });
    awake = undefined;
    signal.removeEventListener("abort", stopped);
    if (found instanceof Unanswered) throw found;
    return found;
  }

  async function taken(sources: readonly Source[], signal: AbortSignal): Promise<Delivery[]> {
    // Where a request is open nothing waits.
    for (const source of sources) {
      if (signal.aborted) return [];
      if (waiting.has(source.consumer)) continue;
      const got = await now(source, source.batch);
      if (got.length > 0) return got;
    }
    const { source, got } = await come(sources, signal);
    if (got.length === 0 || got.length === source.batch) return got;
    // Those that came together are drawn together.
    return [...got, ...(await now(source, source.batch - got.length).catch(() => []))];
  }

  return {
    async next(sources, signal) {
      clearTimeout(leaving);
      const got = await taken(sources, signal);
      leaving = setTimeout(leave, LONG_MS).unref();
      return got;
    },
    close() {
      clearTimeout(leaving);
      leave();
    },
  };
}
