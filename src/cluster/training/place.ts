/** A place that one process holds at a time: a member's, or the coordinator's. */
import { setTimeout as sleep } from "node:timers/promises";
import { ExpectedError } from "../../errors/index.ts";
import { type Done, type Place, read } from "./messages.ts";
import { type Entry, readEntry, replaceEntry, type TrainingStore } from "./store.ts";

/** Longest time without a beat after which a holder counts as dead, in ms. */
export const LEASE_MS = 10_000;

/** How long a server that is away is waited for when a place is given back, in ms. */
const PARTING_MS = 2000;

/**
 * Tells of places whether their holders live: those whose entry has changed within their lease, as seen from here, so that no
 * two clocks are compared. What is seen for the first time lives.
 */
export function lifeSigns(now: () => number = () => performance.now()) {
  const seen = new Map<string, { revision: number; since: number }>();
  return (key: string, entry: Entry<Place> | undefined): boolean => {
    if (entry === undefined) return false;
    if (seen.get(key)?.revision !== entry.revision) seen.set(key, { revision: entry.revision, since: now() });
    return entry.value.isHeld && now() - seen.get(key)!.since < entry.value.leaseMs;
  };
}

export type LifeSigns = ReturnType<typeof lifeSigns>;

/** A place as its holder has it. */
export interface HeldPlace {
  /** Aborted when another process has the place. */
  readonly lost: AbortSignal;
  /** The last answer from this place. */
  readonly done: Done | null;
  /** Keeps an answer. @returns false where the place is another's by now: nothing was written. */
  answer(done: Done): Promise<boolean>;
  /** A step took so long: the lease becomes long enough for it. */
  noteStep(ms: number): void;
  /** Gives the place back. */
  release(): Promise<void>;
}

/**
 * Takes a place that nobody else holds and beats for it from then on.
 * @param current its entry as it was read. @returns undefined where another was first
 */
export async function takePlace(
  store: TrainingStore,
  key: string,
  holder: string,
  current: Entry<Place> | undefined,
  shortestMs = LEASE_MS,
): Promise<HeldPlace | undefined> {
  const { done = null, beat = 0 } = current?.value ?? {};
  let value: Place = { holder, isHeld: true, leaseMs: shortestMs, beat: beat + 1, done };
  let revision = await replaceEntry(store, key, value, current?.revision);
  if (revision === undefined) return undefined;
  const lost = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  /** One writing after the other; each raises the beat. */
  const write = (change: Partial<Place> = {}): Promise<boolean> => {
    const turn = last.then(async () => {
      if (lost.signal.aborted) return false;
      const next = { ...value, ...change, beat: value.beat + 1 };
      const written = await replaceEntry(store, key, next, revision);
      if (written === undefined) {
        clearInterval(timer);
        lost.abort(
          new ExpectedError(`train: expected to hold ${key}, got another holder: this process was away too long`),
        );
        return false;
      }
      [value, revision] = [next, written];
      return true;
    });
    last = turn.catch(() => undefined);
    return turn;
  };
  let beating = false;
  const timer = setInterval(() => {
    if (beating) return;
    beating = true;
    void write()
      .catch(() => undefined)
      .finally(() => {
        beating = false;
      });
  }, shortestMs / 4);
  let leaseMs = shortestMs;
  return {
    lost: lost.signal,
    get done() {
      return value.done;
    },
    answer: (answered) => write({ done: answered, leaseMs }),
    noteStep(ms) {
      // Beats wait while a step computes.
      leaseMs = Math.max(leaseMs, Math.ceil(4 * ms));
      if (leaseMs > value.leaseMs) void write({ leaseMs }).catch(() => undefined);
    },
    async release() {
      clearInterval(timer);
      await Promise.race([write({ isHeld: false }), sleep(PARTING_MS, undefined, { ref: false })]).catch(
        () => undefined,
      );
    },
  };
}

/** Takes a place from a holder that has died or gone. @returns undefined where the holder lives */
export async function inheritPlace(
  store: TrainingStore,
  key: string,
  holder: string,
  leaseMs: number,
  signal?: AbortSignal,
): Promise<HeldPlace | undefined> {
  const isAlive = lifeSigns();
  const first = await readEntry(store, key, read.place);
  for (let entry = first; ; entry = await readEntry(store, key, read.place)) {
    signal?.throwIfAborted();
    if (!isAlive(key, entry)) return takePlace(store, key, holder, entry, leaseMs);
    if (entry?.revision !== first?.revision) return undefined;
    await pause(Math.min(200, leaseMs / 4), signal);
  }
}

/** Waits; ends early, with the signal's reason, when it is aborted. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  signal?.throwIfAborted();
}
