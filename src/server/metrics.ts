/** Counts for Prometheus. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ClusterState } from "./cluster-state.ts";
import { clusterMetrics } from "./metrics-cluster.ts";

/** Upper bounds of the buckets of job durations, in seconds. */
const BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** The same of the stages of jobs, some of which take milliseconds. */
const STAGE_BUCKETS = [0.005, 0.01, 0.025, 0.05, ...BUCKETS];

/** What a job goes through: it waits, its pictures are drawn, their end is told. */
export type Stage = "waiting" | "drawing" | "delivering";

export type Metrics = ReturnType<typeof createMetrics>;

/** Counts of one server, apart from those of any other in the process. */
export function createMetrics(otherMemory: () => number = () => 0) {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]): Counter =>
    new Counter({ name: `flexvar_${name}`, help, registers, labelNames });
  const requests = counter("requests_total", "HTTP replies by status.", "status");
  const jobs = counter("jobs_total", "Ended jobs by outcome.", "outcome");
  const durations = new Histogram({
    name: "flexvar_job_seconds",
    help: "Time of jobs from acceptance to their end.",
    buckets: BUCKETS,
    registers,
  });
  const stages = new Histogram({
    name: "flexvar_job_stage_seconds",
    help: "Time of jobs that were done by stage: waiting, drawing, delivering.",
    buckets: STAGE_BUCKETS,
    labelNames: ["stage"],
    registers,
  });
  const pictures = counter("pictures_total", "Finished pictures.");
  const batches = counter("batches_total", "Batches drawn.");
  const batched = counter("batched_pictures_total", "Pictures over all batches.");
  const queued = new Gauge({ name: "flexvar_queue_jobs", help: "Jobs that wait.", registers });
  new Gauge({
    name: "flexvar_resident_memory_bytes",
    help: "Memory of the process and of the model's.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss() + otherMemory());
    },
  });
  let ofCluster: ReturnType<typeof clusterMetrics> | undefined;
  return {
    /** Media type of `text`. */
    contentType: registry.contentType,
    request: (status: number) => requests.inc({ status }),
    ended(outcome: string, seconds: number) {
      jobs.inc({ outcome });
      durations.observe(seconds);
    },
    stage: (stage: Stage, ms: number) => stages.observe({ stage }, ms / 1000),
    picture: () => pictures.inc(),
    /** Pictures of one batch. */
    batch(size: number) {
      batches.inc();
      batched.inc(size);
    },
    /** Everything in Prometheus' text form. @param waiting jobs, where that is known @param cluster its state, null where it cannot be told */
    text(waiting: number | undefined, cluster?: ClusterState | null): Promise<string> {
      if (waiting === undefined) queued.remove();
      else queued.set(waiting);
      if (cluster !== undefined) {
        ofCluster ??= clusterMetrics(registry);
        ofCluster.show(cluster ?? undefined);
      }
      return registry.metrics();
    },
  };
}
