/** What the fuzz tests share: small valid files, ways to damage them, and the property that every reader must keep. */
import { deflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { expect } from "vitest";
import { crc32 } from "../../src/checkpoint/crc32.ts";
import {
  type ByteSource,
  bytesSource,
  CheckpointError,
  openNpz,
  openPth,
  openSafetensors,
  type PthValue,
  tensorSource,
  writeNpzTo,
  writePthTo,
  writeSafetensorsTo,
  zipWriter,
} from "../../src/checkpoint/index.ts";
import { PthTensor } from "../../src/checkpoint/pth-tensor.ts";
import { readEntry, readZip } from "../../src/checkpoint/zip-read.ts";
import { memorySink } from "./memory-sink.ts";

/** Inputs per property, `FLEXVAR_FUZZ_RUNS`; drawn from `FLEXVAR_FUZZ_SEED`. */
const numRuns = Number(process.env.FLEXVAR_FUZZ_RUNS ?? 300);
const seed = Number(process.env.FLEXVAR_FUZZ_SEED ?? 1);
/** Time for one property of that many inputs. */
export const timeout = 60_000 + numRuns * 20;
/** No input here is larger than some hundred kilobytes; a reader that takes this long hangs. */
const mostMilliseconds = 3000;

async function written(write: (sink: ReturnType<typeof memorySink>) => Promise<void>): Promise<Uint8Array> {
  const sink = memorySink();
  await write(sink);
  return sink.bytes();
}

export const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const tensors = {
  "blocks.0.weight": tensorSource("float32", [2, 3], ramp(24)),
  "blocks.0.bias": tensorSource("float16", [3], ramp(6)),
  count: tensorSource("int64", [], ramp(8)),
};
export const pthBytes = await written((sink) =>
  writePthTo(sink, { epoch: 3, trainer: { var_wo_ddp: tensors, lr: 0.5 } }),
);
export const safetensorsBytes = await written((sink) =>
  writeSafetensorsTo(sink, Object.entries(tensors), { format: "pt" }),
);
export const npzBytes = await written((sink) =>
  writeNpzTo(sink, {
    scales: { dtype: "int64", shape: [2, 2], data: new BigInt64Array(4) },
    image: { dtype: "float32", shape: [1, 3, 2, 2], data: new Float32Array(12) },
  }),
);

async function readAll(tree: PthValue): Promise<void> {
  if (tree instanceof PthTensor) expect((await tree.read()).byteLength).toBe(tree.byteLength);
  else if (tree instanceof Map || Array.isArray(tree)) for (const child of tree.values()) await readAll(child);
}

export const readers = {
  async pth(source: ByteSource) {
    const file = await openPth(source);
    await readAll(file.tree);
    await file.verify();
    file.stateDict();
  },
  async safetensors(source: ByteSource) {
    const file = await openSafetensors(source);
    for (const entry of file.tensors.values()) expect((await entry.read()).byteLength).toBe(entry.byteLength);
  },
  async npz(source: ByteSource) {
    const file = await openNpz(source);
    for (const entry of file.arrays.values()) {
      await entry.header();
      await entry.read();
    }
  },
};

/** Whether the reader took the bytes; any error but a `CheckpointError`, and any delay, fails the test. */
export async function survives(read: (source: ByteSource) => Promise<unknown>, bytes: Uint8Array): Promise<boolean> {
  const start = performance.now();
  try {
    await read(bytesSource(bytes, "fuzz"));
    return true;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    expectWords(error.message);
    return false;
  } finally {
    expect(performance.now() - start).toBeLessThan(mostMilliseconds);
  }
}

/** A refusal says where in the file, what was expected there and what was found. */
function expectWords(message: string): void {
  const [where = "", ...rest] = message.split(": expected ");
  expect(`${where}: `).toMatch(/^fuzz: [^\n]*$/);
  const [wanted = "", ...found] = rest.join(": expected ").split(", got ");
  expect({ message, isWhole: wanted !== "" && found.join(", got ") !== "" }).toEqual({ message, isWhole: true });
}

export type Mutation = (bytes: Uint8Array) => Uint8Array;

const at = (bytes: Uint8Array, place: number) => Math.floor(place * bytes.length);
/** Evenly spread: a plain `fc.double` would nearly always mean the first bytes. */
const place = fc.noBias(fc.nat(2 ** 30 - 1)).map((n) => n / 2 ** 30);
const interesting = fc.constantFrom(
  0,
  1,
  0x7f,
  0x80,
  0xff,
  0x2e,
  0x52,
  0x63,
  0x28,
  0x5d,
  0x94,
  0x32,
  0x68,
  0x8b,
  0x22,
  0x7d,
);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(
    ([p, bit]): Mutation =>
      (bytes) => {
        bytes[at(bytes, p)]! ^= 1 << bit;
        return bytes;
      },
  ),
  fc.tuple(place, fc.oneof(interesting, fc.nat(255))).map(
    ([p, value]): Mutation =>
      (bytes) => {
        bytes[at(bytes, p)] = value;
        return bytes;
      },
  ),
  fc.tuple(place, fc.nat(3), fc.constantFrom(0, 0xff, 0x7f)).map(
    ([p, width, value]): Mutation =>
      (bytes) => {
        return bytes.fill(value, at(bytes, p), at(bytes, p) + 2 ** width);
      },
  ),
  place.map(
    (p): Mutation =>
      (bytes) =>
        bytes.slice(0, at(bytes, p)),
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 12 })).map(
    ([p, extra]): Mutation =>
      (bytes) => {
        return Uint8Array.of(...bytes.subarray(0, at(bytes, p)), ...extra, ...bytes.subarray(at(bytes, p)));
      },
  ),
  fc.tuple(place, fc.nat(12)).map(
    ([p, length]): Mutation =>
      (bytes) => {
        return Uint8Array.of(...bytes.subarray(0, at(bytes, p)), ...bytes.subarray(at(bytes, p) + length));
      },
  ),
  fc.tuple(place, place, fc.nat(40)).map(
    ([p, q, length]): Mutation =>
      (bytes) => {
        return bytes.copyWithin(at(bytes, p), at(bytes, q), at(bytes, q) + length);
      },
  ),
);
export const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });
export const apply = (bytes: Uint8Array, list: Mutation[]) =>
  list.reduce<Uint8Array>((now, mutate) => mutate(now), bytes.slice());

export const check = <T>(arbitrary: fc.Arbitrary<T>, body: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(arbitrary, body), { numRuns, seed });

export interface RecordSpec {
  name: string;
  data: Uint8Array;
}
export const zipOf = (records: RecordSpec[]) =>
  written(async (sink) => {
    const zip = zipWriter(sink, "fuzz");
    for (const { name, data } of records) await zip.add(name, data.length, [data]);
    await zip.finish();
  });

export async function recordsOf(bytes: Uint8Array): Promise<RecordSpec[]> {
  const source = bytesSource(bytes);
  const records: RecordSpec[] = [];
  for (const [name, entry] of await readZip(source)) records.push({ name, data: await readEntry(source, entry, 1e6) });
  return records;
}

/** One deflated record by hand: what the directory claims need not be true. */
export function deflatedZip(name: string, data: Uint8Array, claimed: number): Uint8Array {
  const packed = deflateRawSync(data);
  const label = new TextEncoder().encode(name);
  const local = new DataView(new ArrayBuffer(30));
  local.setUint32(0, 0x04034b50, true);
  local.setUint16(8, 8, true);
  local.setUint16(26, label.length, true);
  const central = new DataView(new ArrayBuffer(46));
  central.setUint32(0, 0x02014b50, true);
  central.setUint16(10, 8, true);
  central.setUint32(16, crc32(data), true);
  central.setUint32(20, packed.length, true);
  central.setUint32(24, claimed, true);
  central.setUint16(28, label.length, true);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, 1, true);
  end.setUint16(10, 1, true);
  end.setUint32(12, 46 + label.length, true);
  end.setUint32(16, 30 + label.length + packed.length, true);
  const parts = [local, label, packed, central, label, end];
  return new Uint8Array(
    Buffer.concat(parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))),
  );
}
