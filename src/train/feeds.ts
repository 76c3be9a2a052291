/** Feeds and outputs of sessions by name. */
import type { Runtime, Session, Value } from "../runtime/index.ts";
import type { NamedArray } from "./state.ts";

export type Values = Readonly<Record<string, Value>>;

/** Arrays as feeds of a session whose weights are inputs. */
export const arrayFeeds = (runtime: Runtime, arrays: ReadonlyMap<string, NamedArray>): Record<string, Value> =>
  Object.fromEntries([...arrays].map(([name, { data, shape }]) => [name, runtime.floats(data, shape)]));

/** Of many values those that a session takes. */
export function feedsOf({ program: { params, inputs } }: Session, values: Values): Record<string, Value> {
  const names = [...params, ...inputs].map(({ name }) => name!);
  return Object.fromEntries(names.filter((name) => name in values).map((name) => [name, values[name]!]));
}

/** An output of one number. */
export const numberOf = (outputs: Values, name: string): number => (outputs[name]!.data as Float32Array)[0]!;
