/**
 * What a run keeps when it goes on from a checkpoint: what it is made of, and which class has which number; how it goes on may
 * change.
 */

import type { Dataset, OpenOptions } from "../data/index.ts";
import { ExpectedError } from "../errors/index.ts";
import { type JsonDifference, jsonDifferences, jsonText } from "../files/index.ts";
import type { Trainee } from "./run.ts";
import { type Json, listStates, readStateJson, statePath } from "./state.ts";

/** Parts of a config that make the run what it is: networks, random numbers, which pictures are held out, and who trains together. */
const FIXED = ["kind", "seed", "model", "data.heldOutShare", "rounds"];
/** Text for people. */
const UNHEARD = ["about"];

const within = (key: string, parts: readonly string[]): boolean =>
  parts.some((part) => key === part || key.startsWith(`${part}.`));

/**
 * What differs between the config of a checkpoint and today's, value by value.
 * @throws Error for a part that a run cannot change: its networks, seed and held-out share.
 */
export function configChanges(before: Json, now: Json): readonly JsonDifference[] {
  const changes = jsonDifferences(before, now).filter(({ key }) => !within(key, UNHEARD));
  // A key that the checkpoint lacks came with a newer version, at its default.
  const broken = changes.find(({ key, before: had }) => had !== undefined && within(key, FIXED));
  if (broken !== undefined)
    throw new ExpectedError(
      `config: ${broken.key}: expected the checkpoint's ${jsonText(broken.before)} to resume it, got ${jsonText(broken.now)}; choose another folder for another run`,
    );
  return changes;
}

/** The changes in one line. */
export const describeChanges = (changes: readonly JsonDifference[]): string =>
  changes.map(({ key, before, now }) => `${key} from ${jsonText(before)} to ${jsonText(now)}`).join(", ");

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
