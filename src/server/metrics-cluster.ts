/** The state of a cluster for Prometheus. Every front end tells the same: take the largest of their values, not the sum. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { ClusterState } from "./cluster-state.ts";

const QUEUE = ["model", "machines", "lane"];
const WORKER = ["worker", "model", "fingerprint"];

/** Gauges and counters that a registry shows as they were last told. */
export function clusterMetrics(registry: Registry): { show(state: ClusterState | undefined): void } {
  const registers = [registry];
  const all: (Gauge | Counter)[] = [];
  const gauge = (name: string, help: string, ...labelNames: string[]): Gauge => {
    const made = new Gauge({ name: `flexvar_cluster_${name}`, help, registers, labelNames });
    all.push(made);
    return made;
  };
  /** Of totals that are counted elsewhere. */
  const counter = (name: string, help: string, ...labelNames: string[]): Counter => {
    const made = new Counter({ name: `flexvar_cluster_${name}_total`, help, registers, labelNames });
    all.push(made);
    return made;
  };
  const up = gauge("up", "1 where the cluster's server told its state, else 0.");
  const open = gauge("open_pictures", "Pictures that wait or are at work, of all models.");
  const unserved = gauge("unserved_pictures", "Pictures that wait for a model that no worker ever had.");
  const oldest = gauge("oldest_open_seconds", "Age of the oldest picture that waits or is at work.");
  const waiting = gauge("waiting_pictures", "Pictures that no worker has been given.", ...QUEUE);
  const atWork = gauge("at_work_pictures", "Pictures given to a worker and not answered for.", ...QUEUE);
  const again = gauge("at_work_again_pictures", "Pictures at work that were given out more than once.", ...QUEUE);
  const oldestWaiting = gauge("oldest_waiting_seconds", "Age of the oldest picture that waits.", ...QUEUE);
  const deliveries = counter("deliveries", "Pictures given out, each as often as it was.", ...QUEUE);
  const dead = gauge("dead_letters", "Pieces of work that were put away.", "model");
  const workers = gauge("workers", "Workers that are there.", "model", "name", "fingerprint");
  const pictures = counter("worker_pictures", "Pictures that a worker finished.", ...WORKER);
  const batches = counter("worker_batches", "Batches that a worker drew.", ...WORKER);
  const redeliveries = counter("worker_redeliveries", "Pictures that a worker was given after another.", ...WORKER);
  const seconds = counter("worker_seconds", "Time of a worker by stage: drawing, storing.", ...WORKER, "stage");
  return {
    show(state) {
      for (const metric of all) metric.reset();
      up.set(state === undefined ? 0 : 1);
      if (state === undefined) {
        for (const plain of [open, unserved, oldest]) plain.remove();
        return;
      }
      open.set(state.open);
      unserved.set(state.unserved);
      oldest.set(state.oldestSeconds);
      for (const { model, machines, lane, ...queue } of state.queues) {
        const labels = { model, machines, lane };
        waiting.set(labels, queue.waiting);
        atWork.set(labels, queue.atWork);
        again.set(labels, queue.atWorkAgain);
        oldestWaiting.set(labels, queue.oldestSeconds);
        deliveries.inc(labels, queue.deliveries);
      }
      for (const [model, letters] of Object.entries(state.dead)) dead.set({ model }, letters);
      for (const { id, model, fingerprint, ...tally } of state.workers) {
        workers.inc({ model: model.hash, name: model.name, fingerprint });
        const labels = { worker: id, model: model.hash, fingerprint };
        pictures.inc(labels, tally.pictures);
        batches.inc(labels, tally.batches);
        redeliveries.inc(labels, tally.redeliveries);
        for (const stage of ["drawing", "storing"] as const) seconds.inc({ ...labels, stage }, tally[stage]);
      }
    },
  };
}
