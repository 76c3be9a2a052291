/** Taking messages of a pull consumer, and answering for them (NATS, "JetStream wire API", CONSUMER.MSG.NEXT). */
import type { Msg } from "@nats-io/transport-node";
import type { Cluster } from "./connect.ts";
import { WORK_STREAM } from "./layout.ts";

/** A message that was handed out here, to be answered for. */
export interface Delivery {
  readonly data: Uint8Array;
  readonly subject: string;
  /** How often it was handed out, this time counted. */
  readonly times: number;
  /** It is done with. */
  ack(): void;
  /** It is still at work: the wait for its answer begins anew. */
  working(): void;
  /** It is given back, to be handed out again after so many ms. */
  giveBack(delayMs?: number): void;
}

interface PullOptions {
  /** Most messages. */
  readonly batch: number;
  /** Longest that none is waited for, in ms; not at all where left out. */
  readonly waitMs?: number;
}

/** Longest that an answer to a pull that does not wait may take, in ms. */
const ANSWER_MS = 2000;

/** The server is away, or has no such consumer (any more): it answers neither way. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}

/**
 * Up to `batch` messages that wait now; or, with `waitMs`, the next ones that come. Empty where none does.
 * @throws Unanswered
 */
export function pull({ connection }: Cluster, consumer: string, { batch, waitMs }: PullOptions): Promise<Delivery[]> {
  return new Promise((resolve, reject) => {
    const deliveries: Delivery[] = [];
    const inbox = `_INBOX.${crypto.randomUUID()}`;
    const finish = (): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      resolve(deliveries);
    };
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error !== null) return finish();
        // A status without a payload: none waits, the wait is over, or the consumer is gone.
        if (message.headers !== undefined && message.headers.code >= 100 && message.data.length === 0) return finish();
        deliveries.push(deliveryOf(connection, message));
        if (deliveries.length === batch) finish();
      },
    });
    const late = (): void => {
      if (deliveries.length === 0) reject(new Unanswered(`${consumer}: expected an answer, got none`));
      finish();
    };
    const timer = setTimeout(late, (waitMs ?? 0) + ANSWER_MS);
    const request = waitMs === undefined ? { batch, no_wait: true } : { batch, expires: waitMs * 1e6 };
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${WORK_STREAM}.${consumer}`, JSON.stringify(request), {
      reply: inbox,
    });
  });
}

/** @param message whose reply subject is `$JS.ACK.stream.consumer.deliveries…`, in newer servers with a domain and an account before the stream */
function deliveryOf(connection: Cluster["connection"], message: Msg): Delivery {
  const { data, subject, reply = "" } = message;
  const tokens = reply.split(".");
  const answer = (text: string): void => {
    if (!connection.isClosed()) connection.publish(reply, text);
  };
  return {
    data,
    subject,
    times: Number(tokens[tokens.length > 9 ? 6 : 4] ?? 1),
    ack: () => answer("+ACK"),
    working: () => answer("+WPI"),
    giveBack: (delayMs = 0) => answer(delayMs === 0 ? "-NAK" : `-NAK {"delay": ${delayMs * 1e6}}`),
  };
}
