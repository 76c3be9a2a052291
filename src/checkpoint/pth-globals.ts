import { CheckpointError } from "./error.ts";
import { describe, isGlobal, isMap, type PickleGlobal, type PickleObject, type PickleValue } from "./pickle-values.ts";
import { findNumpyGlobal } from "./pth-numpy.ts";
import type { PthStorage } from "./pth-tensor.ts";
import { PthTensor } from "./pth-tensor.ts";
import type { StoredDType } from "./types.ts";

/** Names of PyTorch's storage classes. */
const storageDTypes: Readonly<Record<string, StoredDType>> = {
  DoubleStorage: "float64",
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
  UntypedStorage: "uint8",
};

/** A storage class: it may be named, never called. */
export interface StorageClass extends PickleGlobal {
  readonly dtype: StoredDType;
}

export function isStorageClass(value: PickleValue | undefined): value is StorageClass {
  return isGlobal(value) && "dtype" in value;
}

function isObject(value: PickleValue | undefined): value is PickleObject {
  return typeof value === "object" && value !== null && "pickleKind" in value;
}

function isStorage(value: PickleValue | undefined): value is PthStorage {
  return isObject(value) && value.pickleKind === "storage";
}

function integers(value: PickleValue | undefined, what: string, where: string): number[] {
  const list = Array.isArray(value) ? value : undefined;
  if (!list || list.length > 64 || !list.every((item) => typeof item === "number")) {
    throw new CheckpointError(where, `${what} of at most 64 integers`, describe(value));
  }
  return [...(list as number[])];
}

/** `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])`. */
function rebuildTensor(args: PickleValue[], where: string, count: (bytes: number) => void): PthTensor {
  const [storage, offset, size, stride] = args;
  if (args.length < 6 || args.length > 7 || !isStorage(storage) || typeof offset !== "number") {
    throw new CheckpointError(where, "a tensor's storage, offset, size and stride", describe(args));
  }
  const shape = integers(size, "a size", where);
  const tensor = new PthTensor(storage.where, storage, offset, shape, integers(stride, "a stride", where));
  count(tensor.byteLength);
  return tensor;
}

function rebuildParameter(args: PickleValue[], where: string): PthTensor {
  const tensor = args[0];
  if (args.length !== 3 || !(tensor instanceof PthTensor)) {
    throw new CheckpointError(where, "a tensor to make a parameter of", describe(tensor));
  }
  return tensor;
}

function makeEmpty(name: string, args: PickleValue[], where: string): PickleValue {
  if (args.length > 0) throw new CheckpointError(where, `${name} without arguments`, `${args.length}`);
  return new Map();
}

function fillNamespace(target: PickleValue, state: PickleValue, where: string): number {
  if (!isMap(target) || !isMap(state)) throw new CheckpointError(where, "a namespace's dict", describe(state));
  for (const [key, value] of state) target.set(key, value);
  return state.size;
}

/** Attributes of an OrderedDict (PyTorch hangs its `_metadata` there) are not needed and not kept. */
function dropAttributes(state: PickleValue, where: string): number {
  if (!isMap(state)) throw new CheckpointError(where, "attributes in a dict", describe(state));
  return 1;
}

function sizeOf(args: PickleValue[], where: string): PickleValue {
  const list = args[0];
  if (args.length !== 1 || !Array.isArray(list)) throw new CheckpointError(where, "a size's tuple", describe(list));
  return list;
}

/**
 * The whole list of globals that a `.pth` file may name; all others are errors.
 * @param countTensor told the bytes of each tensor made, to bound what a file can claim.
 */
export function pthGlobals(where: string, countTensor: (bytes: number) => void) {
  const entry = (name: string, rest: Omit<PickleGlobal, "pickleKind" | "name">): [string, PickleGlobal] => [
    name,
    { pickleKind: "global", name, ...rest },
  ];
  const table = new Map<string, PickleGlobal>([
    entry("collections.OrderedDict", {
      call: (args) => makeEmpty("OrderedDict", args, where),
      build: (_, state) => dropAttributes(state, where),
    }),
    entry("argparse.Namespace", {
      call: (args) => makeEmpty("Namespace", args, where),
      build: (target, state) => fillNamespace(target, state, where),
    }),
    entry("torch._utils._rebuild_tensor_v2", { call: (args) => rebuildTensor(args, where, countTensor) }),
    entry("torch._utils._rebuild_parameter", { call: (args) => rebuildParameter(args, where) }),
    entry("torch.Size", { call: (args) => sizeOf(args, where) }),
  ]);
  for (const module of ["torch", "torch.storage", "torch.cuda"]) {
    for (const [name, dtype] of Object.entries(storageDTypes)) {
      const full = `${module}.${name}`;
      const storage: StorageClass = { pickleKind: "global", name: full, dtype };
      table.set(full, storage);
    }
  }
  return (module: string, name: string): PickleGlobal | undefined =>
    table.get(`${module}.${name}`) ?? findNumpyGlobal(module, name, where);
}
