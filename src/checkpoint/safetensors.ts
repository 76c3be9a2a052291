/** The safetensors format (huggingface/safetensors, section "Format"). */
import { isRecord } from "../json/index.ts";
import { CheckpointError, quote, reason } from "./error.ts";
import { findDuplicateKey } from "./json-keys.ts";
import { refuseOtherFormats } from "./sniff.ts";
import type { ByteSink, ByteSource } from "./source.ts";
import { withSource, writeAtomically } from "./source-node.ts";
import {
  countElements,
  dtypesOf,
  formatName,
  itemSizeOf,
  type StoredDType,
  type TensorEntry,
  type TensorFile,
  type TensorSource,
} from "./types.ts";

/** Key of the free-form text pairs. */
const metadataKey = "__metadata__";

const byName = dtypesOf("safetensors");

/** Headers of real models are a few hundred kilobytes; the format's own limit is 100 MB. */
const mostHeaderBytes = 16 << 20;
const mostDimensions = 64;

interface Header {
  readonly json: object;
  /** Where the tensors' bytes begin. */
  readonly dataStart: number;
}

async function readHeader(source: ByteSource): Promise<Header> {
  if (source.size < 8) throw new CheckpointError(source.name, "a safetensors header", `${source.size} bytes`);
  const prefix = await source.read(0, 8);
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  const most = Math.min(mostHeaderBytes, source.size - 8);
  if (length > BigInt(most)) {
    throw new CheckpointError(
      source.name,
      `a header of at most ${most} bytes`,
      `${length} (truncated or another format?)`,
    );
  }
  const size = Number(length);
  const bytes = await source.read(8, size);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const json: unknown = JSON.parse(text);
    if (!isRecord(json)) throw new TypeError("something else");
    const twice = findDuplicateKey(text);
    if (twice !== undefined) throw new TypeError(`the key ${quote(twice)} twice`);
    return { json, dataStart: 8 + size };
  } catch (error) {
    throw new CheckpointError(source.name, "a header that is a JSON object", reason(error), { cause: error });
  }
}

interface Place {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: number[];
  readonly start: number;
  readonly end: number;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function parsePlace(name: string, value: unknown, source: ByteSource): Place {
  const where = `${source.name}: tensor ${quote(name)}`;
  const fail = (expected: string, got: unknown) =>
    new CheckpointError(where, expected, quote(JSON.stringify(got) ?? "nothing"));
  if (!isRecord(value)) throw fail("an object with dtype, shape and data_offsets", value);
  const { dtype: type, shape, data_offsets: offsets, ...rest } = value;
  if (Object.keys(rest).length > 0) throw fail("dtype, shape and data_offsets only", Object.keys(rest));
  const dtype = typeof type === "string" ? byName.get(type) : undefined;
  if (!dtype) throw fail(`a dtype of ${[...byName.keys()].join(", ")}`, type);
  if (!Array.isArray(shape) || shape.length > mostDimensions || !shape.every(isCount)) {
    throw fail(`a shape of at most ${mostDimensions} sizes from 0`, shape);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fail("data_offsets [begin, end]", offsets);
  }
  const [start, end] = offsets as [number, number];
  const wanted = countElements(shape) * itemSizeOf(dtype);
  if (end - start !== wanted) throw fail(`${wanted} bytes for ${dtype} [${shape}]`, offsets);
  return { name, dtype, shape, start, end };
}

/** Every byte belongs to exactly one tensor: no gap, no overlap, nothing outside, as the format asks. */
function checkCover(places: readonly Place[], dataBytes: number, source: ByteSource): void {
  let next = 0;
  for (const { name, start, end } of [...places].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== next || end > dataBytes) {
      const where = `${source.name}: tensor ${quote(name)}`;
      throw new CheckpointError(where, `bytes from ${next}, inside ${dataBytes}`, `${start}..${end}`);
    }
    next = end;
  }
  if (next !== dataBytes) throw new CheckpointError(source.name, `${next} bytes of tensors`, `${dataBytes}`);
}

function readMetadata(value: unknown, source: ByteSource): Record<string, string> {
  if (value === undefined) return {};
  const valid = isRecord(value) && Object.values(value).every((text) => typeof text === "string");
  if (!valid) throw new CheckpointError(source.name, `text pairs in ${metadataKey}`, "other values");
  return value as Record<string, string>;
}

async function readSafetensors(source: ByteSource): Promise<TensorFile> {
  await refuseOtherFormats(source, "safetensors");
  const { json, dataStart } = await readHeader(source);
  const fields = Object.entries(json);
  const metadata = readMetadata(fields.find(([name]) => name === metadataKey)?.[1], source);
  const places = fields
    .filter(([name]) => name !== metadataKey)
    .map(([name, value]) => parsePlace(name, value, source));
  checkCover(places, source.size - dataStart, source);
  const tensors = new Map<string, TensorEntry>();
  for (const { name, dtype, shape, start, end } of places) {
    const offset = dataStart + start;
    tensors.set(name, {
      name,
      dtype,
      shape,
      byteLength: end - start,
      read: () => source.read(offset, end - start),
      ...(source.path === undefined ? {} : { location: { path: source.path, offset } }),
    });
  }
  return {
    format: "safetensors",
    tensors,
    metadata,
    notes: [],
    async verify() {},
    close: () => source.close(),
  };
}

/**
 * Opens a safetensors file; only the header is read, tensors are read by ranges on demand. The format has no
 * checksums: `verify` has nothing to do beyond the checks of opening.
 * @throws CheckpointError for a broken header, an unknown dtype, a size that does not fit shape and dtype, tensors
 * that overlap, leave gaps or reach outside the file, and names given twice.
 */
export function openSafetensors(input: string | ByteSource): Promise<TensorFile> {
  return withSource(input, readSafetensors);
}

/** Named tensors, as a map or as pairs. */
export type NamedTensors = Iterable<readonly [name: string, tensor: TensorSource]>;

/** The data begin at a multiple of this, so that a file can be mapped into memory. */
const alignment = 64;

/** Wide types first, so that each tensor is aligned to its own element; then by name. */
function inFileOrder(tensors: NamedTensors): (readonly [string, TensorSource])[] {
  const size = (tensor: TensorSource) => itemSizeOf(tensor.dtype);
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...tensors].sort(([a, x], [b, y]) => size(y) - size(x) || compare(a, b));
}

function encodeHeader(
  ordered: readonly (readonly [string, TensorSource])[],
  metadata: Record<string, string>,
): Uint8Array {
  let end = 0;
  const fields = ordered.map(([name, { dtype, shape, byteLength }]) => {
    const start = end;
    end += byteLength;
    return [name, { dtype: formatName("safetensors", dtype), shape, data_offsets: [start, end] }] as const;
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
