/** Runs actions one at a time, in the order in which they were asked for; one that fails does not stop the next. */
export type Mutex = <T>(action: () => Promise<T>) => Promise<T>;

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return (action) => {
    const turn = last.then(action, action);
    last = turn;
    return turn;
  };
}
