/** Taking messages of a pull consumer, and answering for them (NATS, "JetStream wire API", CONSUMER.MSG.NEXT). */
import type { Msg } from "@nats-io/transport-node";
import type { Cluster } from "./connect.ts";
import { WORK_STREAM } from "./layout.ts";

/** A message that was handed out here, to be answered for. */
export interface Delivery {
  readonly data: Uint8Array;
  readonly subject: string;
  /** The consumer that handed it out. */
  readonly consumer: string;
  /** How often it was handed out, this time counted. */
  readonly times: number;
  /** It is done with. */
  ack(): void;
  /** It is still at work: the wait for its answer begins anew. */
  working(): void;
  /** It is given back, to be handed out again after so many ms. */
  giveBack(delayMs?: number): void;
}

/** What is asked for at a time. */
interface Request {
  /** Most messages. */
  readonly batch: number;
  /** How long the server waits for the first of them, in ms; not at all where left out. */
  readonly waitMs?: number | undefined;
}

/** The server is away, or has no such consumer (any more): it answers neither way. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}

/** Asks a consumer for messages; they, or a status where there are none, come to `reply`. */
export function requestNext(
  connection: Cluster["connection"],
  consumer: string,
  { batch, waitMs }: Request,
  reply: string,
): void {
  const request = waitMs === undefined ? { batch, no_wait: true } : { batch, expires: waitMs * 1e6 };
  connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${WORK_STREAM}.${consumer}`, JSON.stringify(request), { reply });
}

/** True for the word that none waits, that the wait is over, or that the consumer is gone. */
export const isStatus = ({ headers, data }: Msg): boolean =>
  headers !== undefined && headers.code >= 100 && data.length === 0;

/** @param message whose reply subject is `$JS.ACK.stream.consumer.deliveries…`, in newer servers with a domain and an account before the stream */
export function deliveryOf(connection: Cluster["connection"], message: Msg): Delivery {
  const { data, subject, reply = "" } = message;
  const tokens = reply.split(".");
  const first = tokens.length > 9 ? 4 : 2;
  const answer = (text: string): void => {
    if (!connection.isClosed()) connection.publish(reply, text);
  };
  return {
    data,
    subject,
    consumer: tokens[first + 1] ?? "",
    times: Number(tokens[first + 2] ?? 1),
    ack: () => answer("+ACK"),
    working: () => answer("+WPI"),
    giveBack: (delayMs = 0) => answer(delayMs === 0 ? "-NAK" : `-NAK {"delay": ${delayMs * 1e6}}`),
  };
}
