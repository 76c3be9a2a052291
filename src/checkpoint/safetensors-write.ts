import { CheckpointError, quote } from "./error.ts";
import { metadataKey, safetensorsNames } from "./safetensors-format.ts";
import type { ByteSink } from "./source.ts";
import { writeAtomically } from "./source-node.ts";
import { itemSizes, type TensorSource } from "./types.ts";

/** Named tensors, as a map or as pairs. */
export type NamedTensors = Iterable<readonly [name: string, tensor: TensorSource]>;

/** The data begin at a multiple of this, so that a file can be mapped into memory. */
const alignment = 64;

/** Wide types first, so that each tensor is aligned to its own element; then by name. */
function inFileOrder(tensors: NamedTensors): (readonly [string, TensorSource])[] {
  const size = (tensor: TensorSource) => itemSizes[tensor.dtype];
  const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...tensors].sort(([a, x], [b, y]) => size(y) - size(x) || byName(a, b));
}

function encodeHeader(
  ordered: readonly (readonly [string, TensorSource])[],
  metadata: Record<string, string>,
): Uint8Array {
  let end = 0;
  const fields = ordered.map(([name, { dtype, shape, byteLength }]) => {
    const start = end;
    end += byteLength;
    return [name, { dtype: safetensorsNames[dtype], shape, data_offsets: [start, end] }] as const;
  });
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const head = pairs.length > 0 ? [[metadataKey, Object.fromEntries(pairs)] as const] : [];
  const body = [...head, ...fields].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${body.join(",")}}`);
  const padded = Math.ceil((8 + json.length) / alignment) * alignment - 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}

/** Writes safetensors to any sink; see `writeSafetensors`. `where` names the file in errors. */
export async function writeSafetensorsTo(
  sink: ByteSink,
  tensors: NamedTensors,
  metadata: Record<string, string> = {},
  where = "safetensors",
): Promise<void> {
  const ordered = inFileOrder(tensors);
  const names = new Set<string>();
  for (const [name] of ordered) {
    if (names.has(name) || name === metadataKey) throw new CheckpointError(where, "unique names", quote(name));
    names.add(name);
  }
  await sink.write(encodeHeader(ordered, metadata));
  for (const [name, tensor] of ordered) {
    const bytes = await tensor.read();
    if (bytes.byteLength !== tensor.byteLength) {
      const got = `${bytes.byteLength}`;
      throw new CheckpointError(`${where}: tensor ${quote(name)}`, `${tensor.byteLength} bytes`, got);
    }
    await sink.write(bytes);
  }
}

/**
 * Writes a safetensors file, whole or not at all. One tensor is in memory at a time; the same tensors give the same
 * bytes whatever their order; the data begin at a multiple of 64.
 * @throws CheckpointError for names given twice, bytes of the wrong length, and file system errors.
 */
export function writeSafetensors(
  path: string,
  tensors: NamedTensors,
  metadata: Record<string, string> = {},
): Promise<void> {
  return writeAtomically(path, (sink) => writeSafetensorsTo(sink, tensors, metadata, path));
}
