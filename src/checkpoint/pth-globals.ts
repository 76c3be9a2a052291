import { CheckpointError } from "./error.ts";
import { describe, isGlobal, isMap, type PickleGlobal, type PickleObject, type PickleValue } from "./pickle-values.ts";
import { type PthStorage, PthTensor } from "./pth-tensor.ts";
import { dtypesOf, type StoredDType } from "./types.ts";

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

// NumPy scalars: training scripts leave losses and counters of that kind in their checkpoints.

interface ScalarType extends PickleObject {
  readonly pickleKind: "numpy dtype";
  readonly code: string;
}

const readers: Readonly<Record<string, (data: DataView) => PickleValue>> = {
  f8: (data) => data.getFloat64(0, true),
  f4: (data) => data.getFloat32(0, true),
  i8: (data) => small(data.getBigInt64(0, true)),
  u8: (data) => small(data.getBigUint64(0, true)),
  i4: (data) => data.getInt32(0, true),
  u4: (data) => data.getUint32(0, true),
  i2: (data) => data.getInt16(0, true),
  u2: (data) => data.getUint16(0, true),
  i1: (data) => data.getInt8(0),
  u1: (data) => data.getUint8(0),
  b1: (data) => data.getUint8(0) !== 0,
};

const small = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

function isScalarType(value: PickleValue | undefined): value is ScalarType {
  return typeof value === "object" && value !== null && "pickleKind" in value && value.pickleKind === "numpy dtype";
}

/** `numpy.dtype(code, align, copy)`. */
function makeType(args: PickleValue[], where: string): ScalarType {
  const code = args[0];
  if (typeof code !== "string" || !Object.hasOwn(readers, code)) {
    throw new CheckpointError(where, `a numpy scalar type (${Object.keys(readers).join(", ")})`, describe(code));
  }
  return { pickleKind: "numpy dtype", code };
}

/** The dtype's state names its byte order: little-endian or none. */
function checkOrder(state: PickleValue, where: string): number {
  const order = Array.isArray(state) ? state[1] : undefined;
  if (order !== "<" && order !== "|" && order !== "=") {
    throw new CheckpointError(where, "little-endian numpy scalars", describe(order));
  }
  return 1;
}

/** `numpy.core.multiarray.scalar(dtype, bytes)`. */
function makeScalar(args: PickleValue[], where: string): PickleValue {
  const [type, bytes] = args;
  if (!isScalarType(type) || !(bytes instanceof Uint8Array) || bytes.length !== Number(type.code[1])) {
    throw new CheckpointError(where, "a numpy scalar's type and bytes", describe(bytes));
  }
  const read = readers[type.code]!;
  return read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** `_codecs.encode(text, "latin1")`: how protocol 2 writes bytes. */
function encodeLatin1(args: PickleValue[], where: string): PickleValue {
  const [text, encoding] = args;
  if (typeof text !== "string" || text.length > 64 || encoding !== "latin1") {
    throw new CheckpointError(where, "a few bytes as latin1 text", describe(text));
  }
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/**
 * The whole list of globals that a `.pth` file may name; all others are errors.
 * @param countTensor told the bytes of each tensor made, to bound what a file can claim.
 */
export function pthGlobals(where: string, countTensor: (bytes: number) => void): ReadonlyMap<string, PickleGlobal> {
  const scalar: Functions = { call: (args) => makeScalar(args, where) };
  const functions: Readonly<Record<string, Functions>> = {
    "collections.OrderedDict": {
      call: (args) => makeEmpty("OrderedDict", args, where),
      build: (_, state) => dropAttributes(state, where),
    },
    "argparse.Namespace": {
      call: (args) => makeEmpty("Namespace", args, where),
      build: (target, state) => fillNamespace(target, state, where),
    },
    "torch._utils._rebuild_tensor_v2": { call: (args) => rebuildTensor(args, where, countTensor) },
    "torch._utils._rebuild_parameter": { call: (args) => rebuildParameter(args, where) },
    "torch.Size": { call: (args) => sizeOf(args, where) },
    "numpy.dtype": { call: (args) => makeType(args, where), build: (_, state) => checkOrder(state, where) },
    "numpy.core.multiarray.scalar": scalar,
    "numpy._core.multiarray.scalar": scalar,
    "_codecs.encode": { call: (args) => encodeLatin1(args, where) },
  };
  const storages = ["torch", "torch.storage", "torch.cuda"].flatMap((module) =>
    [...dtypesOf("torch"), ["UntypedStorage", "uint8"] as const].map(
      ([name, dtype]) => [`${module}.${name}`, { dtype }] as const,
    ),
  );
  return new Map(
    [...Object.entries(functions), ...storages].map(([name, rest]) => [name, { pickleKind: "global", name, ...rest }]),
  );
}

type Functions = Pick<PickleGlobal, "call" | "build">;
