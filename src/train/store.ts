/** A run's parameters, moments and averages where they are computed: on the host, or on a device that they never leave. */
import { type ParamDecl, sizeOfShape } from "../nn/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import { createSlots, type NamedArray, startValue } from "./slots.ts";
import { type Slot, type SlotsOf, slotName, updated } from "./step.ts";
import type { Transfer } from "./transfer.ts";

export interface StateStore {
  /** Outputs of a step that stay on the device: what its session is opened with. */
  readonly onDevice: readonly string[];
  /** Every slot's tensor by name: the feeds of a step. */
  feeds(): Record<string, Value>;
  /** What a step is asked for: preallocated tensors on the host, null where the run allocates. */
  fetches(): Record<string, Value | null>;
  /** Makes what a step returned the current state. */
  advance(result: Readonly<Record<string, Value>>): void;
  /** Sets every value to 0. */
  clear(): Promise<void>;
  /** Values that lie on the host; writing to them changes the state. Throws for a parameter that lies on the device. */
  array(slot: Slot, name: string): Float32Array;
  /** All slots under `slotName`, for a checkpoint. Reads the device. */
  save(): Promise<Map<string, NamedArray>>;
  /** Takes values from a checkpoint. Throws naming a slot that is missing or has another size. */
  load(arrays: ReadonlyMap<string, NamedArray>): void;
  /** Parameters (or their averages) under their published names. Reads the device. */
  values(slot: "param" | "ema"): Promise<Map<string, NamedArray>>;
  /** Frees what lies on the device. */
  dispose(): void;
}

/**
 * Fresh slots of declared parameters; moments start at zero, averages at the parameters. On WebGPU they stay on the device from the
 * first step on, but for parameters that `hosted` names: those travel with every step, so that the host can change them.
 */
export function openStore(
  runtime: Runtime,
  transfer: Transfer,
  decls: readonly ParamDecl[],
  slots: SlotsOf,
  start: ReadonlyMap<string, Float32Array>,
  hosted: (name: string) => boolean = () => false,
): StateStore {
  return runtime.provider === "webgpu"
    ? deviceStore(runtime, transfer, decls, slots, start, hosted)
    : hostStore(runtime, decls, slots, start);
}

function hostStore(
  runtime: Runtime,
  decls: readonly ParamDecl[],
  slots: SlotsOf,
  start: ReadonlyMap<string, Float32Array>,
): StateStore {
  const store = createSlots(runtime, decls, slots, start);
  return {
    ...store,
    onDevice: [],
    clear: async () => store.clear(),
    save: async () => store.save(),
    values: async (slot) => store.values(slot),
    dispose() {},
  };
}

function deviceStore(
  runtime: Runtime,
  transfer: Transfer,
  decls: readonly ParamDecl[],
  slots: SlotsOf,
  start: ReadonlyMap<string, Float32Array>,
  hosted: (name: string) => boolean,
): StateStore {
  const keys = decls.flatMap((decl) => slots(decl).map((slot) => ({ decl, slot, key: slotName(slot, decl.name) })));
  const floats = ({ shape }: ParamDecl, values: Float32Array): Value => runtime.floats(values, shape);
  /** Host tensors at first and after `load`: the next step takes them to the device. */
  const current = new Map<string, Value>();
  for (const { decl, slot, key } of keys) current.set(key, floats(decl, startValue(start, decl, slot)));
  /** Zeros on the device, made when first needed and kept: `clear` must not send any. */
  const zeros = new Map<string, Value>();
  const replace = (key: string, value: Value): void => {
    const before = current.get(key)!;
    if (before.location !== "cpu" && before !== zeros.get(key)) before.dispose();
    current.set(key, value);
  };
  const named = async (decl: ParamDecl, key: string): Promise<NamedArray> => ({
    shape: decl.shape,
    data: await transfer.download(current.get(key)!),
  });
  return {
    onDevice: keys.filter(({ decl }) => !hosted(decl.name)).map(({ key }) => updated(key)),
    feeds: () => Object.fromEntries(current),
    fetches: () => Object.fromEntries(keys.map(({ key }) => [updated(key), null])),
    advance(result) {
      for (const { key } of keys) {
        const value = result[updated(key)];
        if (value === undefined)
          throw new Error(`training state: expected the step to give "${updated(key)}", got none`);
        replace(key, value);
      }
    },
    async clear() {
      for (const { decl, key } of keys) {
        const zero = zeros.get(key) ?? (await transfer.upload(floats(decl, new Float32Array(sizeOfShape(decl.shape)))));
        zeros.set(key, zero);
        replace(key, zero);
      }
    },
    array(slot, name) {
      const value = current.get(slotName(slot, name));
      if (value?.location !== "cpu")
        throw new Error(
          `training state: expected "${slotName(slot, name)}" on the host, got ${value?.location ?? "none"}`,
        );
      return value.data as Float32Array;
    },
    async save() {
      const arrays = new Map<string, NamedArray>();
      for (const { decl, key } of keys) arrays.set(key, await named(decl, key));
      return arrays;
    },
    load(arrays) {
      for (const { decl, key } of keys) {
        const found = arrays.get(key);
        if (found === undefined || found.data.length !== sizeOfShape(decl.shape))
          throw new Error(
            `training state: expected "${key}" of [${decl.shape.join(", ")}], got ${found ? `[${found.shape.join(", ")}]` : "nothing"}`,
          );
        replace(key, floats(decl, Float32Array.from(found.data)));
      }
    },
    async values(slot) {
      const arrays = new Map<string, NamedArray>();
      for (const decl of decls) arrays.set(decl.name, await named(decl, slotName(slot, decl.name)));
      return arrays;
    },
    dispose() {
      for (const value of new Set([...current.values(), ...zeros.values()]))
        if (value.location !== "cpu") value.dispose();
    },
  };
}
