/** Counts for Prometheus. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  /** Media type of {@link text}. */
  readonly contentType: string;
  request(status: number): void;
  ended(status: string, seconds: number): void;
  picture(): void;
  /** Pictures of one batch. */
  batch(size: number): void;
  /** Everything in Prometheus' text form. */
  text(waiting: number): Promise<string>;
}

/** Upper bounds of the buckets of job durations, in seconds. */
const BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Counts of one server, apart from those of any other in the process. */
export function createMetrics(otherMemory: () => number = () => 0): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string): Counter =>
    new Counter({ name: `flexvar_${name}`, help, registers, labelNames: [] });
  const requests = new Counter({
    name: "flexvar_requests_total",
    help: "HTTP replies by status.",
    labelNames: ["status"],
    registers,
  });
  const jobs = new Counter({
    name: "flexvar_jobs_total",
    help: "Ended jobs by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "flexvar_job_seconds",
    help: "Time of jobs from acceptance to their end.",
    buckets: BUCKETS,
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
  return {
    contentType: registry.contentType,
    request: (status) => requests.inc({ status }),
    ended(status, seconds) {
      jobs.inc({ outcome: status });
      durations.observe(seconds);
    },
    picture: () => pictures.inc(),
    batch(size) {
      batches.inc();
      batched.inc(size);
    },
    text(waiting) {
      queued.set(waiting);
      return registry.metrics();
    },
  };
}
