/** A run's parameters, moments and averages where they are computed: on the host, or on a device that they never leave. */
import { type ParamDecl, sizeOfShape } from "../nn/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import type { NamedArray } from "./state.ts";
import { type Slot, type SlotsOf, slotName, updated } from "./step.ts";
import { openTransfer } from "./transfer.ts";

/**
 * Fresh slots of declared parameters; moments start at zero, averages at the parameters.
 *
 * On the host there are two alternating sets of tensors, one read and one written by each step, so that a step that fails leaves
 * the state before it whole. On WebGPU slots stay on the device from the first step on, but for parameters that `hosted` names:
 * those travel with every step, so that the host can change them.
 */
export function openStore(
  runtime: Runtime,
  decls: readonly ParamDecl[],
  slotsOf: SlotsOf,
  start: ReadonlyMap<string, Float32Array>,
  hosted: (name: string) => boolean = () => false,
) {
  const allocates = runtime.provider === "webgpu";
  const transfer = openTransfer(runtime);
  const keys = decls.flatMap((decl) => slotsOf(decl).map((slot) => ({ decl, slot, key: slotName(slot, decl.name) })));
  const zeros = (decl: ParamDecl): Value => runtime.floats(new Float32Array(sizeOfShape(decl.shape)), decl.shape);
  let current = new Map<string, Value>(
    keys.map(({ decl, slot, key }) => [key, runtime.floats(startValue(start, decl, slot), decl.shape)]),
  );
  let next = new Map<string, Value>(allocates ? [] : keys.map(({ decl, key }) => [key, zeros(decl)]));
  /** Zeros on the device, made when first needed and kept: `clear` must not send any. */
  const zerosOnDevice = new Map<string, Value>();
  const replace = (key: string, value: Value): void => {
    const before = current.get(key)!;
    if (before.location !== "cpu" && before !== zerosOnDevice.get(key)) before.dispose();
    current.set(key, value);
  };
  const read = async (wanted: readonly (readonly [string, ParamDecl, Slot])[]): Promise<Map<string, NamedArray>> => {
    const arrays = new Map<string, NamedArray>();
    for (const [as, { name, shape }, slot] of wanted)
      arrays.set(as, { shape, data: await transfer.download(current.get(slotName(slot, name))!) });
    return arrays;
  };
  return {
    /** Outputs of a step that stay on the device: what its session is opened with. */
    onDevice: allocates ? keys.filter(({ decl }) => !hosted(decl.name)).map(({ key }) => updated(key)) : [],
    /** Every slot's tensor by name: the feeds of a step. */
    feeds: (): Record<string, Value> => Object.fromEntries(current),
    /** What a step is asked for: preallocated tensors on the host, null where the run allocates. */
    fetches: (): Record<string, Value | null> =>
      Object.fromEntries(keys.map(({ key }) => [updated(key), next.get(key) ?? null])),
    /** Makes what a step returned the current state. */
    advance(result: Readonly<Record<string, Value>>): void {
      if (!allocates) [current, next] = [next, current];
      else for (const { key } of keys) replace(key, result[updated(key)]!);
    },
    /** Sets every value to 0. */
    async clear(): Promise<void> {
      for (const { decl, key } of keys) {
        if (!allocates) {
          (current.get(key)!.data as Float32Array).fill(0);
          continue;
        }
        const zero = zerosOnDevice.get(key) ?? (await transfer.upload(zeros(decl)));
        zerosOnDevice.set(key, zero);
        replace(key, zero);
      }
    },
    /** Values that lie on the host; writing to them changes the state. Throws for a parameter that lies on the device. */
    array(slot: Slot, name: string): Float32Array {
      const value = current.get(slotName(slot, name));
      if (value?.location !== "cpu")
        throw new Error(
          `training state: expected "${slotName(slot, name)}" on the host, got ${value?.location ?? "none"}`,
        );
      return value.data as Float32Array;
    },
    /** All slots under `slotName`, for a checkpoint: live ones where they lie on the host. Reads the device. */
    save: () => read(keys.map(({ decl, slot, key }) => [key, decl, slot])),
    /** Takes values from a checkpoint. Throws naming a slot that is missing or has another size. */
    load(arrays: ReadonlyMap<string, NamedArray>): void {
      for (const { decl, key } of keys) {
        const found = arrays.get(key);
        if (found === undefined || found.data.length !== sizeOfShape(decl.shape))
          throw new Error(
            `training state: expected "${key}" of [${decl.shape.join(", ")}], got ${found ? `[${found.shape.join(", ")}]` : "nothing"}`,
          );
        replace(key, runtime.floats(Float32Array.from(found.data), decl.shape));
      }
    },
    /** The parameters' moving averages, or the parameters where there are none, under their published names. Reads the device. */
    values: () => read(decls.map((decl) => [decl.name, decl, slotsOf(decl).includes("ema") ? "ema" : "param"])),
    /** Frees what lies on the device. */
    async dispose(): Promise<void> {
      for (const value of new Set([...current.values(), ...zerosOnDevice.values()]))
        if (value.location !== "cpu") value.dispose();
      await transfer.dispose();
    },
  };
}

export type StateStore = ReturnType<typeof openStore>;

/** A slot's first values, a copy: parameters and averages from `start`, everything else zeros. Throws where there are none. */
function startValue(start: ReadonlyMap<string, Float32Array>, { name, shape }: ParamDecl, slot: Slot): Float32Array {
  const values = start.get(name);
  if (values === undefined) throw new Error(`training state: expected start values for "${name}", got none`);
  return slot === "param" || slot === "ema" ? Float32Array.from(values) : new Float32Array(sizeOfShape(shape));
}
