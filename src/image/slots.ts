/** A bound on how many actions run at once. */
export interface Slots {
  /**
   * Runs an action as soon as a slot is free, in the order of asking; it holds the slot until it settles.
   * @param signal takes it out of the queue: rejects with its reason. An action that runs is not stopped.
   */
  run<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Actions that wait for a slot. */
  readonly waiting: number;
}

export function createSlots(count: number): Slots {
  const queue = new Set<() => void>();
  let free = count;
  const acquire = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      if (free > 0) {
        free--;
        resolve();
        return;
      }
      const enter = (): void => {
        queue.delete(enter);
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        queue.delete(enter);
        reject(signal!.reason);
      };
      queue.add(enter);
      signal?.addEventListener("abort", leave, { once: true });
    });
  const release = (): void => {
    const [next] = queue;
    // The slot goes on to the next one without being free between.
    if (next === undefined) free++;
    else next();
  };
  return {
    async run(action, signal) {
      signal?.throwIfAborted();
      await acquire(signal);
      try {
        return await action();
      } finally {
        release();
      }
    },
    get waiting() {
      return queue.size;
    },
  };
}
