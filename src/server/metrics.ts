/** Counts in Prometheus' text form (exposition format 0.0.4). */
export interface Metrics {
  request(status: number): void;
  ended(status: string, seconds: number): void;
  picture(): void;
  /** Pictures of one batch. */
  batch(size: number): void;
  text(waiting: number): string;
}

/** Upper bounds of the buckets of job durations, in seconds. */
const BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export function createMetrics(): Metrics {
  const requests = new Map<number, number>();
  const jobs = new Map<string, number>();
  const buckets = BUCKETS.map(() => 0);
  let [sum, count, pictures, batches, rows] = [0, 0, 0, 0, 0];
  const add = <K>(map: Map<K, number>, key: K): void => void map.set(key, (map.get(key) ?? 0) + 1);
  return {
    request: (status) => add(requests, status),
    ended(status, seconds) {
      add(jobs, status);
      sum += seconds;
      count++;
      BUCKETS.forEach((bound, i) => {
        if (seconds <= bound) buckets[i]!++;
      });
    },
    picture: () => void pictures++,
    batch(size) {
      batches++;
      rows += size;
    },
    text(waiting) {
      const metric = (name: string, type: string, help: string, lines: readonly string[]): string =>
        [`# HELP flexvar_${name} ${help}`, `# TYPE flexvar_${name} ${type}`, ...lines].join("\n");
      const one = (name: string, value: number): string[] => [`flexvar_${name} ${value}`];
      return `${[
        metric("requests_total", "counter", "HTTP replies by status.", [
          ...[...requests].map(([status, n]) => `flexvar_requests_total{status="${status}"} ${n}`),
        ]),
        metric("jobs_total", "counter", "Ended jobs by outcome.", [
          ...[...jobs].map(([status, n]) => `flexvar_jobs_total{outcome="${status}"} ${n}`),
        ]),
        metric("job_seconds", "histogram", "Time of jobs from acceptance to their end.", [
          ...BUCKETS.map((bound, i) => `flexvar_job_seconds_bucket{le="${bound}"} ${buckets[i]}`),
          `flexvar_job_seconds_bucket{le="+Inf"} ${count}`,
          `flexvar_job_seconds_sum ${sum}`,
          `flexvar_job_seconds_count ${count}`,
        ]),
        metric("pictures_total", "counter", "Finished pictures.", one("pictures_total", pictures)),
        metric("batches_total", "counter", "Batches drawn.", one("batches_total", batches)),
        metric("batched_pictures_total", "counter", "Pictures over all batches.", one("batched_pictures_total", rows)),
        metric("queue_jobs", "gauge", "Jobs that wait.", one("queue_jobs", waiting)),
        metric(
          "resident_memory_bytes",
          "gauge",
          "Memory of the process.",
          one("resident_memory_bytes", process.memoryUsage.rss()),
        ),
      ].join("\n")}\n`;
    },
  };
}
