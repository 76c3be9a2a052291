/** Writing `.pth` files: a pickle of protocol 2 and the storages that it names, in a zip archive. */
import { concatArrays } from "../files/web.ts";
import { CheckpointError } from "./error.ts";
import type { ByteSink } from "./source.ts";
import { writeAtomically } from "./source-node.ts";
import { contiguousStrides } from "./strides.ts";
import { countElements, formatName, type TensorSource } from "./types.ts";
import { zipWriter } from "./zip-write.ts";

/** What `writePth` can store. Objects and maps become dicts (a dict of tensors only an `OrderedDict`), arrays lists. */
export type PthWritable =
  | null
  | boolean
  | number
  | bigint
  | string
  | TensorSource
  | readonly PthWritable[]
  | ReadonlyMap<string, PthWritable>
  | { readonly [key: string]: PthWritable };

const mostDepth = 32;
const encoder = new TextEncoder();

/** Opcodes of protocol 2, all of them among those that `torch.load(weights_only=True)` knows. */
const op = {
  protocol2: [0x80, 2],
  stop: [0x2e],
  none: [0x4e],
  yes: [0x88],
  no: [0x89],
  mark: [0x28],
  tuple: [0x74],
  emptyTuple: [0x29],
  emptyList: [0x5d],
  appends: [0x65],
  emptyDict: [0x7d],
  setItems: [0x75],
  reduce: [0x52],
  persistent: [0x51],
} as const;

function isTensorSource(value: PthWritable): value is TensorSource {
  return typeof value === "object" && value !== null && "read" in value && typeof value.read === "function";
}

function littleEndian(bytes: number, value: bigint): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

function integer(value: bigint): Uint8Array {
  if (value >= -(2n ** 31n) && value < 2n ** 31n) return Uint8Array.of(0x4a, ...littleEndian(4, value));
  let size = 1;
  while (BigInt.asIntN(8 * size, value) !== value) size++;
  return Uint8Array.of(0x8a, size, ...littleEndian(size, value));
}

function float(value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = 0x47;
  new DataView(bytes.buffer).setFloat64(1, value, false);
  return bytes;
}

function text(value: string): Uint8Array {
  const utf8 = encoder.encode(value);
  const out = new Uint8Array(5 + utf8.length);
  out[0] = 0x58;
  new DataView(out.buffer).setUint32(1, utf8.length, true);
  out.set(utf8, 5);
  return out;
}

const global = (module: string, name: string) => encoder.encode(`c${module}\n${name}\n`);

/**
 * A pickle of a tree as `torch.save` would write it (protocol 2), and the tensors that its storages `0`, `1`, … stand for, in
 * that order. Whole numbers become Python ints, others floats. A tensor that occurs twice is stored once.
 * @throws CheckpointError when the tree nests deeper than 32.
 */
function writePickle(tree: PthWritable, where: string): { pickle: Uint8Array; storages: TensorSource[] } {
  const parts: (Uint8Array | readonly number[])[] = [op.protocol2];
  const storages = new Map<TensorSource, number>();
  const put = (...more: (Uint8Array | readonly number[])[]) => void parts.push(...more);
  const orderedDict = () => put(global("collections", "OrderedDict"), op.emptyTuple, op.reduce);
  const sizes = (values: readonly number[]) => put(op.mark, ...values.map((value) => integer(BigInt(value))), op.tuple);

  const putTensor = (tensor: TensorSource) => {
    const key = storages.get(tensor) ?? storages.size;
    storages.set(tensor, key);
    put(global("torch._utils", "_rebuild_tensor_v2"), op.mark);
    put(op.mark, text("storage"), global("torch", formatName("torch", tensor.dtype)), text(String(key)), text("cpu"));
    put(integer(BigInt(countElements(tensor.shape))), op.tuple, op.persistent, integer(0n));
    sizes(tensor.shape);
    sizes(contiguousStrides(tensor.shape));
    put(op.no);
    orderedDict();
    put(op.tuple, op.reduce);
  };

  const putDict = (entries: readonly (readonly [string, PthWritable])[], depth: number) => {
    if (entries.length > 0 && entries.every(([, value]) => isTensorSource(value))) orderedDict();
    else put(op.emptyDict);
    put(op.mark);
    for (const [key, value] of entries) {
      put(text(key));
      putValue(value, depth + 1);
    }
    put(op.setItems);
  };

  const putValue = (value: PthWritable, depth: number): void => {
    if (depth > mostDepth) throw new CheckpointError(where, `values nested at most ${mostDepth} deep`, "deeper ones");
    if (value === null) put(op.none);
    else if (typeof value === "boolean") put(value ? op.yes : op.no);
    else if (typeof value === "bigint") put(integer(value));
    else if (typeof value === "number") put(Number.isSafeInteger(value) ? integer(BigInt(value)) : float(value));
    else if (typeof value === "string") put(text(value));
    else if (isTensorSource(value)) putTensor(value);
    else if (Array.isArray(value)) {
      put(op.emptyList, op.mark);
      for (const item of value) putValue(item, depth + 1);
      put(op.appends);
    } else putDict(value instanceof Map ? [...value] : Object.entries(value), depth);
  };

  putValue(tree, 0);
  put(op.stop);
  return { pickle: concatArrays(Uint8Array, parts), storages: [...storages.keys()] };
}

/** Version of PyTorch's archive layout; 3 is what `torch.save` has written since 1.6. */
const layoutVersion = "3\n";
const prefix = "archive/";

/** Writes a `.pth` file to any sink; see `writePth`. `where` names the file in errors. */
export async function writePthTo(sink: ByteSink, tree: PthWritable, where = "pth"): Promise<void> {
  const { pickle, storages } = writePickle(tree, where);
  const zip = zipWriter(sink, where);
  const add = (name: string, bytes: Uint8Array) => zip.add(`${prefix}${name}`, bytes.byteLength, [bytes]);
  const encoder = new TextEncoder();
  await add("data.pkl", pickle);
  await add("byteorder", encoder.encode("little"));
  for (const [key, tensor] of storages.entries()) {
    const bytes = await tensor.read();
    if (bytes.byteLength !== tensor.byteLength) {
      const got = `${bytes.byteLength}`;
      throw new CheckpointError(`${where}: storage ${key}`, `${tensor.byteLength} bytes`, got);
    }
    await add(`data/${key}`, bytes);
  }
  await add("version", encoder.encode(layoutVersion));
  await zip.finish();
}

/**
 * Writes a PyTorch checkpoint in zip form, whole or not at all; `torch.load(weights_only=True)` reads it (PyTorch 1.13
 * knows no floats there, 2 does). One tensor is in memory at a time, each begins at a multiple of 64 bytes, zip64 is
 * used past 4 GiB.
 * @param tree a state dict, or one inside dicts and lists with scalars, such as `{ trainer: { var_wo_ddp: dict } }`.
 * @throws CheckpointError for tensors whose bytes do not fit their shape, and for file system errors.
 */
export function writePth(path: string, tree: PthWritable): Promise<void> {
  return writeAtomically(path, (sink) => writePthTo(sink, tree, path));
}
