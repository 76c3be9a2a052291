/** Waiting jobs. The one interface behind which they wait, and the one in memory. */

/** What a queue knows of a job: nothing but its place, so that a queue may lie on another machine. */
export interface QueuedJob {
  readonly id: string;
  /** Jobs of one key may be drawn side by side. */
  readonly key: string;
  /** Parts, one a picture, that may be drawn apart. */
  readonly units: number;
}

/** Parts of a job that are to be worked on now: `count` from `first`. */
export interface Claim {
  readonly id: string;
  readonly first: number;
  readonly count: number;
}

export interface JobQueue {
  /** Adds a job at the end. False where the queue is full. */
  add(job: QueuedJob): Promise<boolean>;
  /** Claims up to `most` parts: of the first job, and of those after it with the same key. Empty where none waits. */
  claim(most: number): Promise<readonly Claim[]>;
  /** Takes what is left of a job out. False where nothing was. */
  remove(id: string): Promise<boolean>;
  /** Jobs before this one, partly claimed ones too; undefined where no part of it is left. */
  position(id: string): Promise<number | undefined>;
  /** Jobs that wait: those of which no part is claimed. */
  length(): Promise<number>;
}

/** A queue in this process's memory where at most `most` jobs wait; one that is partly claimed does not count. */
export function memoryQueue(most: number): JobQueue {
  let waiting: { readonly job: QueuedJob; taken: number }[] = [];
  const untouched = (): number => waiting.filter(({ taken }) => taken === 0).length;
  return {
    async add(job) {
      if (untouched() >= most) return false;
      waiting.push({ job, taken: 0 });
      return true;
    },
    async claim(limit) {
      const key = waiting[0]?.job.key;
      const claims: Claim[] = [];
      let left = limit;
      for (const entry of waiting) {
        const { id, key: own, units } = entry.job;
        const count = Math.min(left, units - entry.taken);
        if (own !== key || count === 0) continue;
        claims.push({ id, first: entry.taken, count });
        entry.taken += count;
        left -= count;
      }
      waiting = waiting.filter(({ job, taken }) => taken < job.units);
      return claims;
    },
    async remove(id) {
      const before = waiting.length;
      waiting = waiting.filter(({ job }) => job.id !== id);
      return waiting.length < before;
    },
    async position(id) {
      const at = waiting.findIndex(({ job }) => job.id === id);
      return at < 0 ? undefined : at;
    },
    length: async () => untouched(),
  };
}
