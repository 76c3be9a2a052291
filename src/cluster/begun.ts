/** What workers have begun: one note of each, written before it draws, so that work whose workers die is known when it is given to the next. */

import { begunSubject, frontOf, JOBS_BUCKET, notesKey } from "./layout.ts";
import { type Begun, type Notes, read, write } from "./messages.ts";
import type { OpenedOrder } from "./orders.ts";
import { insist, type WorkerState } from "./worker-state.ts";

/** Most pieces that a note tells of: those at work, and the latest that ended what draws them. */
const MOST = 100;

const placeIn = (job: string, number: number): string => `${job}.${number}`;

/** Writes that orders are begun, once more than their workers died, and tells their front ends. */
export async function noteBegun(worker: WorkerState, orders: readonly OpenedOrder[]): Promise<void> {
  await note(
    worker,
    orders.map((order) => [order, order.deaths + 1]),
  );
  const ids = orders.map(({ unit }) => unit.id);
  for (const front of new Set(ids.map(frontOf)))
    worker.cluster.connection.publish(begunSubject(front), write(ids.filter((id) => frontOf(id) === front)));
}

/** Writes that orders are given back as if they had not been begun. */
export const noteGivenBack = (worker: WorkerState, orders: readonly OpenedOrder[]): Promise<void> =>
  note(
    worker,
    orders.map((order) => [order, order.deaths]),
  );

/** The next note tells nothing of it. */
export function forgetBegun({ begun }: WorkerState, { job, unit }: OpenedOrder): void {
  begun.delete(placeIn(job, unit.number));
}

async function note(worker: WorkerState, counts: readonly (readonly [OpenedOrder, number])[]): Promise<void> {
  const { begun, cluster, id, fingerprint } = worker;
  for (const [{ job, unit }, times] of counts) {
    const place = placeIn(job, unit.number);
    begun.delete(place);
    begun.set(place, times);
  }
  for (const oldest of begun.keys()) if (begun.size > MOST) begun.delete(oldest);
  const notes: Notes = { worker: id, fingerprint, times: Object.fromEntries(begun) };
  await insist(worker, () => cluster.jobs.put(notesKey(id), write(notes)));
}

/** Looks for who began work last; all notes are read at the first question, for all of them. */
export function begunReader(worker: WorkerState): (job: string, number: number) => Promise<Begun | undefined> {
  let all: Promise<Notes[]> | undefined;
  return async (job, number) => {
    all ??= insist(worker, () => notesOf(worker));
    const place = placeIn(job, number);
    const found = (await all).flatMap(({ worker, fingerprint, times }): Begun[] =>
      times[place] === undefined ? [] : [{ worker, fingerprint, times: times[place] }],
    );
    return found.sort((a, b) => b.times - a.times)[0];
  };
}

async function notesOf({ cluster }: WorkerState): Promise<Notes[]> {
  const prefix = `$KV.${JOBS_BUCKET}.`;
  const { state } = await cluster.manager.streams.info(`KV_${JOBS_BUCKET}`, {
    subjects_filter: prefix + notesKey("*"),
  });
  const entries = await Promise.all(
    Object.keys(state.subjects ?? {}).map((subject) => cluster.jobs.get(subject.slice(prefix.length))),
  );
  return entries.flatMap((entry) => (entry?.operation === "PUT" ? [read.notes(entry.value)] : []));
}
