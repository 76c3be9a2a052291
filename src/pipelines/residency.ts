import type { Program } from "../engine/index.ts";
import type { Session } from "../runtime/index.ts";

/** Networks whose sessions may be in memory together. */
export type NetworkGroup = "transformer" | "tokenizer";

/**
 * Keeps the sessions of one group at a time: a run of the other group waits until nothing runs, closes the sessions that
 * are open and opens its own. Opening maps the weights anew, which costs little beside a run.
 */
export interface Residency {
  /** A session that is opened whenever it runs and is not open. */
  session(group: NetworkGroup, program: Program, open: () => Promise<Session>): Session;
  dispose(): Promise<void>;
}

export function createResidency(): Residency {
  const open = new Map<Program, Promise<Session>>();
  let group: NetworkGroup | undefined;
  let disposed = false;
  let turn: Promise<unknown> = Promise.resolve();

  const closeAll = async (): Promise<void> => {
    const sessions = await Promise.allSettled(open.values());
    open.clear();
    await Promise.all(sessions.map((s) => (s.status === "fulfilled" ? s.value.dispose() : undefined)));
  };
  /** One action after the other: sessions run one at a time here anyway. */
  const exclusively = <T>(action: () => Promise<T>): Promise<T> => {
    const result = turn.then(action);
    turn = result.catch(() => undefined);
    return result;
  };

  return {
    session(wanted, program, opening) {
      return {
        program,
        run: (feeds, fetches) =>
          exclusively(async () => {
            if (disposed) throw new Error("model: expected an open model, got one that was disposed");
            if (group !== wanted) await closeAll();
            group = wanted;
            let session = open.get(program);
            if (session === undefined) {
              session = opening();
              open.set(program, session);
            }
            return (await session).run(feeds, fetches);
          }),
        dispose: () => Promise.resolve(),
      };
    },
    dispose() {
      disposed = true;
      return exclusively(closeAll);
    },
  };
}
