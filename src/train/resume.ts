/** Whether a checkpoint may go on under a config: what a run is made of stays, how it goes on may change. */
import type { Json } from "./state.ts";

/** Parts of a config that make the run what it is: networks, random numbers, and which pictures are held out. */
const FIXED = ["kind", "seed", "model", "data.heldOutShare"];
/** Text for people. */
const UNHEARD = ["about"];

const within = (key: string, parts: readonly string[]): boolean =>
  parts.some((part) => key === part || key.startsWith(`${part}.`));

/** One value of a config that is another than the checkpoint's. */
export interface ConfigChange {
  readonly key: string;
  readonly before: Json | undefined;
  readonly now: Json | undefined;
}

/**
 * What differs between the config of a checkpoint and today's, value by value.
 * @throws Error for a part that a run cannot change: its networks, seed and held-out share.
 */
export function configChanges(before: Json, now: Json): readonly ConfigChange[] {
  const changes = differences("", before, now).filter(({ key }) => !within(key, UNHEARD));
  // A key that the checkpoint lacks came with a newer version, at its default.
  const broken = changes.find(({ key, before: had }) => had !== undefined && within(key, FIXED));
  if (broken !== undefined)
    throw new Error(
      `config: ${broken.key}: expected the checkpoint's ${text(broken.before)} to resume it, got ${text(broken.now)}; choose another folder for another run`,
    );
  return changes;
}

/** The changes in one line. */
export const describeChanges = (changes: readonly ConfigChange[]): string =>
  changes.map(({ key, before, now }) => `${key} from ${text(before)} to ${text(now)}`).join(", ");

const text = (value: Json | undefined): string => (value === undefined ? "none" : JSON.stringify(value));

type JsonObject = Readonly<Record<string, Json>>;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function differences(key: string, before: Json | undefined, now: Json | undefined): readonly ConfigChange[] {
  if (isObject(before) && isObject(now)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
    return [...keys].flatMap((name) => differences(key === "" ? name : `${key}.${name}`, before[name], now[name]));
  }
  return text(before) === text(now) ? [] : [{ key, before, now }];
}
