/** Whether a checkpoint may go on under a config: what a run is made of stays, how it goes on may change. */
import { type JsonDifference, jsonDifferences, jsonText } from "../files/index.ts";
import type { Json } from "./state.ts";

/** Parts of a config that make the run what it is: networks, random numbers, and which pictures are held out. */
const FIXED = ["kind", "seed", "model", "data.heldOutShare"];
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
    throw new Error(
      `config: ${broken.key}: expected the checkpoint's ${jsonText(broken.before)} to resume it, got ${jsonText(broken.now)}; choose another folder for another run`,
    );
  return changes;
}

/** The changes in one line. */
export const describeChanges = (changes: readonly JsonDifference[]): string =>
  changes.map(({ key, before, now }) => `${key} from ${jsonText(before)} to ${jsonText(now)}`).join(", ");
