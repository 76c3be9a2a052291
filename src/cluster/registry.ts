/** Which workers are there: each says so again and again, and is gone when it does not. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./connect.ts";
import { WORKERS_BUCKET } from "./layout.ts";
import { type Begun, read, type WorkerCard, write } from "./messages.ts";
import { WORKER_MS } from "./setup.ts";
import type { WorkerState } from "./worker-state.ts";

/** Longest that a worker waits for its card to be taken away, in ms. */
const GONE_MS = 1000;

/** Says that a worker is there until the returned function is called. */
export async function announce(worker: WorkerState): Promise<() => Promise<void>> {
  const { cluster, id, fingerprint, about, model, judge } = worker;
  const started = Date.now();
  const budget = model.costs?.budget;
  const say = async (): Promise<void> => {
    const card: WorkerCard = {
      id,
      fingerprint,
      about,
      model: { name: model.name, hash: model.hash },
      ...(budget && { budget: { memoryBytes: budget.memoryBytes, idleBytes: budget.idleBytes, rate: budget.rate } }),
      ...(judge && { judge: judge.hash }),
      pictures: worker.pictures,
      tally: worker.tally,
      started,
    };
    await cluster.workers.put(id, write(card));
  };
  await say();
  const timer = setInterval(() => void say().catch(() => undefined), WORKER_MS / 4);
  return async () => {
    clearInterval(timer);
    // Without its server its card expires.
    await Promise.race([cluster.workers.delete(id).catch(() => undefined), sleep(GONE_MS, undefined, { ref: false })]);
  };
}

/** All workers that are there. */
export async function workersOf({ workers, manager }: Pick<Cluster, "workers" | "manager">): Promise<WorkerCard[]> {
  const prefix = `$KV.${WORKERS_BUCKET}.`;
  // The bucket's own listing would make a consumer each time.
  const { state } = await manager.streams.info(`KV_${WORKERS_BUCKET}`, { subjects_filter: `${prefix}>` });
  const names = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(prefix.length));
  const entries = await Promise.all(names.map((name) => workers.get(name)));
  return entries.flatMap((entry) => (entry?.operation === "PUT" ? [read.worker(entry.value)] : []));
}

/** How many other workers are like the one that began some work; itself not counted, for it has died. */
export async function othersOf(cluster: Pick<Cluster, "workers" | "manager">, begun: Begun): Promise<number> {
  const all = await workersOf(cluster);
  return all.filter(({ id, fingerprint }) => fingerprint === begun.fingerprint && id !== begun.worker).length;
}
