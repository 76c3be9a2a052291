/** A run's parameters, moments and averages where they are computed: on the host, or on a device that they never leave. */
import { type ParamDecl, sizeOfShape } from "../nn/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import type { NamedArray } from "./state.ts";
import { type Slot, type SlotsOf, slotName, updated } from "./step.ts";
import { openTransfer } from "./transfer.ts";

interface Key {
  readonly decl: ParamDecl;
  readonly slot: Slot;
  readonly key: string;
}

/** The tensors of all slots by key, between steps. */
interface Buffers {
  /** Outputs of a step that stay on the device: what its session is opened with. */
  readonly onDevice: readonly string[];
  current(): Map<string, Value>;
  /** The tensor that a step writes; null where the run allocates. */
  target(key: string): Value | null;
  /** Makes what a step returned the current state. */
  advance(result: Readonly<Record<string, Value>>): void;
  /** Replaces one tensor of the current state. */
  set(key: string, value: Value): void;
  /** Sets every value to 0. */
  clear(): Promise<void>;
  /** Frees what lies on the device. */
  dispose(): void;
}

/** Two alternating sets of tensors, one read and one written by each step: one that fails leaves the state before it whole. */
function hostBuffers(start: Map<string, Value>, runtime: Runtime, keys: readonly Key[]): Buffers {
  let [current, next] = [start, new Map(keys.map(({ decl, key }) => [key, zeros(runtime, decl)]))];
  return {
    onDevice: [],
    current: () => current,
    target: (key) => next.get(key)!,
    advance() {
      [current, next] = [next, current];
    },
    set: (key, value) => current.set(key, value),
    async clear() {
      for (const value of current.values()) (value.data as Float32Array).fill(0);
    },
    dispose() {},
  };
}

/** Tensors that stay on the device from the first step on, but for those that travel with every step. */
function deviceBuffers(
  current: Map<string, Value>,
  runtime: Runtime,
  keys: readonly Key[],
  upload: (value: Value) => Promise<Value>,
  hosted: (name: string) => boolean,
): Buffers {
  /** Made when first needed and kept: `clear` must not send any. */
  const zerosOnDevice = new Map<string, Value>();
  const set = (key: string, value: Value): void => {
    const before = current.get(key)!;
    if (before.location !== "cpu" && before !== zerosOnDevice.get(key)) before.dispose();
    current.set(key, value);
  };
  return {
    onDevice: keys.filter(({ decl }) => !hosted(decl.name)).map(({ key }) => updated(key)),
    current: () => current,
    target: () => null,
    advance(result) {
      for (const { key } of keys) set(key, result[updated(key)]!);
    },
    set,
    async clear() {
      for (const { decl, key } of keys) {
        const zero = zerosOnDevice.get(key) ?? (await upload(zeros(runtime, decl)));
        zerosOnDevice.set(key, zero);
        set(key, zero);
      }
    },
    dispose() {
      for (const value of new Set([...current.values(), ...zerosOnDevice.values()]))
        if (value.location !== "cpu") value.dispose();
    },
  };
}

/**
 * Fresh slots of declared parameters; moments start at zero, averages at the parameters.
 *
 * On the host there are two alternating sets of tensors. On WebGPU slots stay on the device from the first step on, but for
 * parameters that `hosted` names: those travel with every step, so that the host can change them.
 */
export function openStore(
  runtime: Runtime,
  decls: readonly ParamDecl[],
  slotsOf: SlotsOf,
  start: ReadonlyMap<string, Float32Array>,
  hosted: (name: string) => boolean = () => false,
) {
  const transfer = openTransfer(runtime);
  const keys = decls.flatMap((decl) => slotsOf(decl).map((slot) => ({ decl, slot, key: slotName(slot, decl.name) })));
  const first = new Map(
    keys.map(({ decl, slot, key }) => [key, runtime.floats(startValue(start, decl, slot), decl.shape)]),
  );
  const buffers =
    runtime.provider === "webgpu"
      ? deviceBuffers(first, runtime, keys, transfer.upload, hosted)
      : hostBuffers(first, runtime, keys);
  const read = async (wanted: readonly (readonly [string, ParamDecl, Slot])[]): Promise<Map<string, NamedArray>> => {
    const arrays = new Map<string, NamedArray>();
    for (const [as, { name, shape }, slot] of wanted)
      arrays.set(as, { shape, data: await transfer.download(buffers.current().get(slotName(slot, name))!) });
    return arrays;
  };
  return {
    onDevice: buffers.onDevice,
    advance: buffers.advance,
    clear: buffers.clear,
    /** Every slot's tensor by name: the feeds of a step. */
    feeds: (): Record<string, Value> => Object.fromEntries(buffers.current()),
    /** What a step is asked for: preallocated tensors on the host, null where the run allocates. */
    fetches: (): Record<string, Value | null> =>
      Object.fromEntries(keys.map(({ key }) => [updated(key), buffers.target(key)])),
    /** Values that lie on the host; writing to them changes the state. Throws for a parameter that lies on the device. */
    array(slot: Slot, name: string): Float32Array {
      const value = buffers.current().get(slotName(slot, name));
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
        buffers.set(key, runtime.floats(Float32Array.from(found.data), decl.shape));
      }
    },
    /** The parameters' moving averages, or the parameters where there are none, under their published names. Reads the device. */
    values: () => read(decls.map((decl) => [decl.name, decl, slotsOf(decl).includes("ema") ? "ema" : "param"])),
    async dispose(): Promise<void> {
      buffers.dispose();
      await transfer.dispose();
    },
  };
}

const zeros = (runtime: Runtime, { shape }: ParamDecl): Value =>
  runtime.floats(new Float32Array(sizeOfShape(shape)), shape);

export type StateStore = ReturnType<typeof openStore>;

/** A slot's first values, a copy: parameters and averages from `start`, everything else zeros. Throws where there are none. */
function startValue(start: ReadonlyMap<string, Float32Array>, { name, shape }: ParamDecl, slot: Slot): Float32Array {
  const values = start.get(name);
  if (values === undefined) throw new Error(`training state: expected start values for "${name}", got none`);
  return slot === "param" || slot === "ema" ? Float32Array.from(values) : new Float32Array(sizeOfShape(shape));
}
