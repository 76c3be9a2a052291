import { type ParamDecl, sizeOfShape } from "../nn/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import { type Slot, type SlotsOf, slotName, updated } from "./step.ts";

/** A named float array of a training state. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Parameters, moments and averages of a run: two alternating sets of preallocated tensors, one read and one written by each
 * step, so that a step that fails leaves the state before it whole.
 */
export interface SlotStore {
  /** Every slot's tensor by name: the feeds of a step. */
  feeds(): Record<string, Value>;
  /** Preallocated outputs of the next step. */
  fetches(): Record<string, Value>;
  /** Makes what the last step wrote the current state. */
  advance(): void;
  /** Sets every value to 0. */
  clear(): void;
  /** The values themselves; writing to them changes the state. */
  array(slot: Slot, name: string): Float32Array;
  /** All slots under `slotName`, for a checkpoint. */
  save(): Map<string, NamedArray>;
  /** Takes values from a checkpoint. Throws naming a slot that is missing or has another size. */
  load(arrays: ReadonlyMap<string, NamedArray>): void;
  /** Parameters (or their averages) under their published names. */
  values(slot: "param" | "ema"): Map<string, NamedArray>;
}

/** Fresh slots of declared parameters; moments start at zero, averages at the parameters. */
export function createSlots(
  runtime: Runtime,
  decls: readonly ParamDecl[],
  slots: SlotsOf,
  start: ReadonlyMap<string, Float32Array>,
): SlotStore {
  const keys = decls.flatMap((decl) => slots(decl).map((slot) => ({ decl, slot, key: slotName(slot, decl.name) })));
  const filled = (values: (decl: ParamDecl, slot: Slot) => Float32Array): Map<string, Value> =>
    new Map(keys.map(({ decl, slot, key }) => [key, runtime.floats(values(decl, slot), decl.shape)]));
  let current = filled((decl, slot) => startValue(start, decl, slot));
  let next = filled((decl) => new Float32Array(sizeOfShape(decl.shape)));
  const dataOf = (key: string): Float32Array => {
    const value = current.get(key);
    if (value === undefined) throw new Error(`training state: expected a slot "${key}", got none`);
    return value.data as Float32Array;
  };
  return {
    feeds: () => Object.fromEntries(current),
    fetches: () => Object.fromEntries([...next].map(([key, value]) => [updated(key), value])),
    advance() {
      [current, next] = [next, current];
    },
    clear() {
      for (const value of current.values()) (value.data as Float32Array).fill(0);
    },
    array: (slot, name) => dataOf(slotName(slot, name)),
    save: () => new Map(keys.map(({ decl, key }) => [key, { shape: decl.shape, data: dataOf(key) }])),
    load(arrays) {
      for (const { decl, key } of keys) {
        const found = arrays.get(key);
        const target = dataOf(key);
        if (found === undefined || found.data.length !== target.length)
          throw new Error(
            `training state: expected "${key}" of [${decl.shape.join(", ")}], got ${found ? `[${found.shape.join(", ")}]` : "nothing"}`,
          );
        target.set(found.data);
      }
    },
    values: (slot) => new Map(decls.map((d) => [d.name, { shape: d.shape, data: dataOf(slotName(slot, d.name)) }])),
  };
}

/** A slot's first values, a copy: parameters and averages from `start`, everything else zeros. Throws where there are none. */
export function startValue(
  start: ReadonlyMap<string, Float32Array>,
  { name, shape }: ParamDecl,
  slot: Slot,
): Float32Array {
  const values = start.get(name);
  if (values === undefined) throw new Error(`training state: expected start values for "${name}", got none`);
  return slot === "param" || slot === "ema" ? Float32Array.from(values) : new Float32Array(sizeOfShape(shape));
}
