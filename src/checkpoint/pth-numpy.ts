/** NumPy scalars: training scripts leave losses and counters of that kind in their checkpoints. */
import { CheckpointError } from "./error.ts";
import { describe, type PickleGlobal, type PickleObject, type PickleValue } from "./pickle-values.ts";

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

export function findNumpyGlobal(module: string, name: string, where: string): PickleGlobal | undefined {
  const full = `${module}.${name}`;
  const global = { pickleKind: "global", name: full } as const;
  switch (full) {
    case "numpy.dtype":
      return { ...global, call: (args) => makeType(args, where), build: (_, state) => checkOrder(state, where) };
    case "numpy.core.multiarray.scalar":
    case "numpy._core.multiarray.scalar":
      return { ...global, call: (args) => makeScalar(args, where) };
    case "_codecs.encode":
      return { ...global, call: (args) => encodeLatin1(args, where) };
    default:
      return undefined;
  }
}
