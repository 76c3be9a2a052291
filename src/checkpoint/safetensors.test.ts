import { describe, expect, test } from "vitest";
import { memorySink } from "../../test/support/memory-sink.ts";
import { bytesSource, openSafetensors, type StoredDType, tensorSource, writeSafetensorsTo } from "./index.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A file of this header and as many data bytes, counted from 0; the header's length as given or as it is. */
function file(header: string | Uint8Array, data = 0, length?: number | bigint): Uint8Array {
  const json = typeof header === "string" ? encode(header) : header;
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  return Uint8Array.from([...prefix, ...json, ...Array.from({ length: data }, (_, i) => i)]);
}
const open = (bytes: Uint8Array) => openSafetensors(bytesSource(bytes, "a"));
const place = (dtype: string, shape: readonly number[], start: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [start, end],
});
const header = (places: Record<string, unknown>) => JSON.stringify(places);

describe("reading", () => {
  test("tensors by their ranges, in any order, and the text pairs", async () => {
    const places = { b: place("U8", [2, 1], 4, 6), a: place("F32", [], 0, 4), none: place("I64", [0, 3], 6, 6) };
    const { tensors, metadata, notes, format } = await open(file(header({ __metadata__: { k: "v" }, ...places }), 6));
    expect([metadata, notes, format]).toEqual([{ k: "v" }, [], "safetensors"]);
    expect([...tensors.keys()]).toEqual(["b", "a", "none"]);
    const { dtype, shape, byteLength, location } = tensors.get("b")!;
    expect([dtype, shape, byteLength, location]).toEqual(["uint8", [2, 1], 2, undefined]);
    expect([...(await tensors.get("b")!.read())]).toEqual([4, 5]);
    expect([...(await tensors.get("a")!.read())]).toEqual([0, 1, 2, 3]);
    expect(await tensors.get("none")!.read()).toHaveLength(0);
    expect((await open(file("{}"))).metadata).toEqual({});
  });

  test("every type of the format", async () => {
    const types: [string, StoredDType, number][] = [
      ["F64", "float64", 8],
      ["F32", "float32", 4],
      ["F16", "float16", 2],
      ["BF16", "bfloat16", 2],
      ["I64", "int64", 8],
      ["I32", "int32", 4],
      ["I16", "int16", 2],
      ["I8", "int8", 1],
      ["U8", "uint8", 1],
      ["BOOL", "bool", 1],
    ];
    for (const [name, dtype, size] of types) {
      const { tensors } = await open(file(header({ t: place(name, [3], 0, 3 * size) }), 3 * size));
      expect(tensors.get("t")).toMatchObject({ dtype, shape: [3], byteLength: 3 * size });
    }
  });

  test("64 dimensions, no more", async () => {
    const ones = (n: number) => new Array<number>(n).fill(1);
    expect((await open(file(header({ t: place("U8", ones(64), 0, 1) }), 1))).tensors.size).toBe(1);
    await expect(open(file(header({ t: place("U8", ones(65), 0, 1) }), 1))).rejects.toThrow(
      'a: tensor "t": expected a shape of at most 64 sizes from 0',
    );
  });

  test.each<[string, string | Uint8Array, number, RegExp]>([
    ["a list", "[]", 0, /^a: expected a header that is a JSON object, got something else/],
    ["null", "null", 0, /got something else/],
    ["a number", "7", 0, /got something else/],
    ["no JSON", "{", 0, /expected a header that is a JSON object/],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), 0, /expected a header that is a JSON object/],
    ["a key twice", '{"a":1,"a":2}', 0, /got the key "a" twice/],
    [
      "metadata of numbers",
      header({ __metadata__: { k: 1 } }),
      0,
      /^a: expected text pairs in __metadata__, got other/,
    ],
    ["metadata as a list", header({ __metadata__: ["k"] }), 0, /expected text pairs/],
    ["metadata null", header({ __metadata__: null }), 0, /expected text pairs/],
    [
      "a tensor as a list",
      header({ t: [] }),
      0,
      /^a: tensor "t": expected an object with dtype, shape and data_offsets/,
    ],
    ["one key more", header({ t: { ...place("U8", [1], 0, 1), more: 1 } }), 1, /dtype, shape and data_offsets only/],
    [
      "an unknown type",
      header({ t: place("U7", [1], 0, 1) }),
      1,
      /expected a dtype of F64, F32, .*BOOL, got "\\"U7\\""/,
    ],
    ["a type that is a number", header({ t: { ...place("", [1], 0, 1), dtype: 3 } }), 1, /expected a dtype of F64/],
    ["no shape", header({ t: { dtype: "U8", data_offsets: [0, 1] } }), 1, /a shape of at most 64 sizes.*got "nothing"/],
    ["a negative size", header({ t: place("U8", [-1], 0, 1) }), 1, /a shape of at most 64 sizes/],
    ["half a size", header({ t: place("U8", [0.5], 0, 1) }), 1, /a shape of at most 64 sizes/],
    ["a size as text", header({ t: { ...place("U8", [], 0, 1), shape: ["1"] } }), 1, /a shape of at most 64 sizes/],
    ["one offset", header({ t: { ...place("U8", [1], 0, 1), data_offsets: [0] } }), 1, /expected data_offsets \[begin/],
    ["three offsets", header({ t: { ...place("U8", [1], 0, 1), data_offsets: [0, 1, 1] } }), 1, /data_offsets \[begin/],
    ["a negative offset", header({ t: place("U8", [2], -1, 1) }), 1, /data_offsets \[begin, end\]/],
    ["too few bytes", header({ t: place("F32", [2], 0, 4) }), 4, /^a: tensor "t": expected 8 bytes for float32 \[2\]/],
    ["a gap", header({ t: place("U8", [1], 1, 2) }), 2, /^a: tensor "t": expected bytes from 0, inside 2, got 1\.\.2/],
    ["an overlap", header({ s: place("U8", [2], 0, 2), t: place("U8", [2], 1, 3) }), 3, /"t": expected bytes from 2/],
    ["bytes outside", header({ t: place("U8", [3], 0, 3) }), 2, /expected bytes from 0, inside 2, got 0\.\.3/],
    ["bytes left over", header({ t: place("U8", [1], 0, 1) }), 2, /^a: expected 1 bytes of tensors, got 2/],
  ])("%s is refused", async (_, json, data, message) => {
    await expect(open(file(json, data))).rejects.toThrow(message);
  });

  test("a header that is longer than the file or than any header is refused before it is read", async () => {
    await expect(open(file("{}", 3, 6))).rejects.toThrow("a: expected a header of at most 5 bytes, got 6 (truncated");
    await expect(open(file("{}", 3, 2n ** 63n))).rejects.toThrow("got 9223372036854775808 (truncated");
    await expect(open(Uint8Array.of(1, 0, 0, 0, 0, 0, 0))).rejects.toThrow("7 bytes");
  });
});

describe("writing", () => {
  const tensor = (dtype: StoredDType, bytes: number) =>
    tensorSource(
      dtype,
      [bytes],
      Uint8Array.from({ length: bytes }, (_, i) => bytes + i),
    );

  test("wide types first, then by name; sorted metadata; data from a multiple of 64", async () => {
    const sink = memorySink();
    const wide = tensorSource("float32", [1], Uint8Array.of(1, 2, 3, 4));
    const pairs = [["b", tensor("uint8", 1)] as const, ["a", tensor("uint8", 2)] as const, ["w", wide] as const];
    await writeSafetensorsTo(sink, pairs, { z: "1", y: "2" });
    const json =
      '{"__metadata__":{"y":"2","z":"1"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
      '"a":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},"b":{"dtype":"U8","shape":[1],"data_offsets":[6,7]}}';
    const padded = json.padEnd(64 * Math.ceil((8 + json.length) / 64) - 8);
    expect(sink.bytes()).toEqual(Uint8Array.from([...file(padded), 1, 2, 3, 4, 2, 3, 1]));
  });

  test("without tensors and metadata", async () => {
    const sink = memorySink();
    await writeSafetensorsTo(sink, []);
    expect(sink.bytes()).toEqual(file("{}".padEnd(56)));
  });

  test("the name of the text pairs is taken; bytes are counted", async () => {
    const one = tensor("uint8", 1);
    await expect(writeSafetensorsTo(memorySink(), [["__metadata__", one]])).rejects.toThrow(
      'safetensors: expected unique names, got "__metadata__"',
    );
    const long = { ...one, read: async () => new Uint8Array(2) };
    await expect(writeSafetensorsTo(memorySink(), [["a", long]], {}, "f")).rejects.toThrow(
      'f: tensor "a": expected 1 bytes, got 2',
    );
  });
});
