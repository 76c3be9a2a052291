/** What a run has settled about its data, and keeps when it goes on: which class has which number. */
import type { Dataset, OpenOptions } from "../data/index.ts";
import type { Trainee } from "./run.ts";
import { type Json, listStates, readStateJson, statePath } from "./state.ts";

interface DataJson {
  readonly classes: readonly string[];
  readonly pictures: number;
}

/**
 * How a run's data is to be opened: with the classes of its last checkpoint, where it goes on from one. Checkpoints of versions
 * that did not keep the classes had them sorted by code unit.
 */
export async function settledData(checkpoints: string): Promise<Pick<OpenOptions, "classes" | "order">> {
  const last = (await listStates(checkpoints)).at(-1);
  if (last === undefined) return {};
  const { data } = (await readStateJson(statePath(checkpoints, last))) as { data?: DataJson };
  return data === undefined ? { order: "code units" } : { classes: data.classes };
}

/** A trainee whose checkpoints keep the classes and the number of pictures; a changed number is told of. */
export function keepingData<T extends Trainee>(
  trainee: T,
  { classes, length }: Dataset,
  log: (line: string) => void,
): T {
  const data: DataJson = { classes, pictures: length };
  return {
    ...trainee,
    async save() {
      const { json, arrays } = await trainee.save();
      return { json: { ...json, data: data as unknown as Json }, arrays };
    },
    load(state) {
      trainee.load(state);
      const before = (state.json as { data?: DataJson }).data?.pictures;
      if (before !== undefined && before !== length)
        log(`data changed since then: ${length} training pictures, ${before} before; their order is another`);
    },
  };
}
