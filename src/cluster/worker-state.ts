/** What the parts of a worker share. */
import type { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { FeatureExtractor } from "../evaluate/index.ts";
import type { Drawing } from "../options/index.ts";
import type { Renderer, ServedModel } from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import { isFull, isLasting, type Patience, persist } from "./retry.ts";

export interface WorkerOptions {
  readonly cluster: Cluster;
  readonly id: string;
  readonly model: ServedModel;
  /** Opens what draws; again where it has died. */
  readonly openRenderer: () => Promise<Renderer>;
  readonly fingerprint: string;
  /** What the fingerprint is of. */
  readonly about: Readonly<Record<string, string>>;
  /** Most pictures side by side of a plan. */
  readonly batchSize: (sampling: Drawing) => number;
  /** The network whose features of sets it takes. */
  readonly judge?: FeatureExtractor | undefined;
  readonly onMessage?: ((line: string) => void) | undefined;
}

export interface WorkerState extends WorkerOptions {
  renderer: Renderer;
  /** Resolves when it is this worker's that draws: of several models one is open. */
  readonly ready: () => Promise<void>;
  /** Jobs that were cancelled lately; those at work are told by `cancelled`. */
  readonly gone: Set<string>;
  readonly news: EventEmitter<{ cancelled: [id: string] }>;
  /** Aborted when the worker stops. */
  readonly stopping: AbortSignal;
  /** How often pieces of work were begun that this worker has not ended, by their places, oldest first. */
  readonly begun: Map<string, number>;
  /** Pictures drawn. */
  pictures: number;
  /** What else it has done; times are in seconds. */
  readonly tally: { batches: number; redeliveries: number; drawing: number; storing: number };
}

/** What draws where nothing does: its model is not the open one. */
export const closedRenderer: Renderer = {
  draw: refuse,
  edit: refuse,
  isAlive: () => false,
  dispose: async () => {},
};

function refuse(): never {
  throw new Error("renderer: expected an open one, got a closed one");
}

/** How a worker goes on: over a full store and a server that is away, until it stops. */
export const patienceOf = ({ stopping }: Pick<WorkerState, "stopping">): Patience => ({
  signal: stopping,
  isLasting: (error) => isLasting(error) && !isFull(error),
});

/** Carries out what may be done twice, for as long as the worker goes on. */
export const insist = <T>(worker: Pick<WorkerState, "stopping">, work: () => Promise<T>): Promise<T> =>
  persist(work, patienceOf(worker));

/** Opens what draws anew after its death, again and again. */
export async function reopen(worker: WorkerState): Promise<void> {
  const { onMessage, stopping } = worker;
  await worker.renderer.dispose().catch(() => undefined);
  for (let wait = 1000; !stopping.aborted; wait = Math.min(30_000, 2 * wait)) {
    try {
      worker.renderer = await worker.openRenderer();
      return;
    } catch (error) {
      onMessage?.(
        `what draws could not be opened again (${(error as Error).message}); the next try in ${wait / 1000} s`,
      );
      await sleep(wait, undefined, { signal: stopping }).catch(() => undefined);
    }
  }
}

/** What a batch draws; the batch and its time are counted. */
export async function* timed<T>({ tally }: WorkerState, pictures: AsyncIterable<T>): AsyncGenerator<T> {
  tally.batches++;
  let begun = performance.now();
  for await (const picture of pictures) {
    tally.drawing += secondsSince(begun);
    yield picture;
    begun = performance.now();
  }
}

/** @param begun a time of `performance.now()` */
export const secondsSince = (begun: number): number => (performance.now() - begun) / 1000;
