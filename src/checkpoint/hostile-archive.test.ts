/** Archives and headers that lie about sizes, places and names. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  check,
  deflatedZip,
  pthBytes,
  ramp,
  readers,
  survives,
  timeout,
  zipOf,
} from "../../test/support/hostile-checkpoints.ts";
import { bytesSource, openNpz, openPth, openSafetensors, type PthValue } from "./index.ts";
import type { PthTensor } from "./pth-tensor.ts";

describe("hostile archives and headers", () => {
  test("zip bombs, duplicate and overlapping records, wrong CRCs", async () => {
    const zeros = new Uint8Array(1 << 20);
    await expect(openNpz(bytesSource(deflatedZip("a.npy", zeros, 0xfffffff0), "fuzz"))).rejects.toThrow(
      /a claim of 4294967280/,
    );
    const small = await openNpz(bytesSource(deflatedZip("a.npy", zeros, 500), "fuzz"));
    await expect(small.arrays.get("a")!.read()).rejects.toThrow(/expected 500 bytes when inflated, got more/);
    const short = await openNpz(bytesSource(deflatedZip("a.npy", zeros, (1 << 20) + 1), "fuzz"));
    await expect(short.arrays.get("a")!.read()).rejects.toThrow(/expected 1048577 bytes when inflated, got 1048576/);
    const flipped = pthBytes.slice();
    const { tree } = await openPth(bytesSource(pthBytes));
    const tensor = ((tree as Map<string, PthValue>).get("trainer") as Map<string, PthValue>).get("var_wo_ddp");
    const bytes = await ((tensor as Map<string, PthValue>).get("blocks.0.weight") as PthTensor).read();
    flipped[bytes.byteOffset]! ^= 1;
    await expect(readers.pth(bytesSource(flipped, "fuzz"))).rejects.toThrow(
      /record "archive\/data\/0": expected CRC-32 .* \(damaged file\)/,
    );
    const twins = await zipOf([
      { name: "a/data.pkl", data: ramp(3) },
      { name: "a/data.pkm", data: ramp(3) },
    ]);
    const renamed = Uint8Array.from(
      Buffer.from(Buffer.from(twins).toString("latin1").replaceAll("pkm", "pkl"), "latin1"),
    );
    await expect(openPth(bytesSource(renamed, "fuzz"))).rejects.toThrow(
      /expected unique records, got two "a\/data\.pkl"/,
    );
    const packed = deflatedZip("a/data.pkl", ramp(50), 50);
    await expect(openPth(bytesSource(packed, "fuzz"))).rejects.toThrow(
      /expected stored bytes, got a compressed record/,
    );
  });

  const safetensors = (header: unknown, data = 24) => {
    const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
    const bytes = new Uint8Array(8 + json.length + data);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    return bytes;
  };
  const f32 = (shape: unknown, offsets: unknown) => ({ dtype: "F32", shape, data_offsets: offsets });

  test.each<[string, Uint8Array, RegExp]>([
    ["overlap", safetensors({ a: f32([4], [0, 16]), b: f32([4], [8, 24]) }), /tensor "b": expected bytes from 16/],
    ["a gap", safetensors({ a: f32([2], [0, 8]), b: f32([2], [16, 24]) }), /tensor "b": expected bytes from 8/],
    ["outside", safetensors({ a: f32([8], [0, 32]) }), /inside 24, got 0\.\.32/],
    ["bytes left over", safetensors({ a: f32([4], [0, 16]) }), /expected 16 bytes of tensors, got 24/],
    ["size", safetensors({ a: f32([5], [0, 24]) }), /expected 20 bytes for float32 \[5\]/],
    ["backwards", safetensors({ a: f32([6], [24, 0]) }), /expected 24 bytes for float32/],
    ["shape", safetensors({ a: f32([-6], [0, 24]) }), /expected a shape of at most 64 sizes from 0/],
    ["overflow", safetensors({ a: f32([2 ** 52, 2 ** 52], [0, 24]) }), /expected .* bytes for float32/],
    ["dtype", safetensors({ a: { ...f32([6], [0, 24]), dtype: "F8_E4M3" } }), /expected a dtype of F64/],
    ["fields", safetensors({ a: { ...f32([6], [0, 24]), code: 1 } }), /dtype, shape and data_offsets only/],
    ["twice", safetensors('{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},"\\u0061":1}'), /the key "a" twice/],
    ["metadata", safetensors({ __metadata__: { a: 1 } }, 0), /expected text pairs in __metadata__/],
    ["no JSON", safetensors("{]", 0), /expected a header that is a JSON object/],
    ["deep JSON", safetensors(`{"a":${"[".repeat(100_000)}`, 0), /expected a header that is a JSON object/],
    ["length", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, 0x7b, 0x7d), /expected a (header|safetensors)/],
  ])("safetensors: %s is refused", async (_, bytes, message) => {
    await expect(openSafetensors(bytesSource(bytes, "fuzz"))).rejects.toThrow(message);
    expect(await survives(readers.safetensors, bytes)).toBe(false);
  });

  test(
    "safetensors: headers of any JSON",
    async () => {
      const count = fc.oneof(fc.nat(30), fc.integer(), fc.double());
      const entry = fc.record({
        dtype: fc.constantFrom("F32", "F16", "I64", "BOOL", "x", 1),
        shape: fc.oneof(fc.array(count, { maxLength: 4 }), fc.jsonValue()),
        data_offsets: fc.oneof(fc.array(count, { maxLength: 3 }), fc.jsonValue()),
      });
      const header = fc.oneof(
        fc.jsonValue(),
        fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(entry, fc.jsonValue())),
      );
      await check(header, async (value) => void (await survives(readers.safetensors, safetensors(value))));
    },
    timeout,
  );
});
