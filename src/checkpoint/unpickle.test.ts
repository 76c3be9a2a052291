/** The stack machine alone, on pickles written byte by byte. */
import { describe, expect, test } from "vitest";
import type { PickleGlobal, PickleKey, PickleValue } from "./pickle-values.ts";
import { type PickleHost, unpickle } from "./unpickle.ts";

const text = (value: string): number[] => [...new TextEncoder().encode(value)];
const word = (value: string): number[] => [0x8c, value.length, ...text(value)];
const global = (name: string): number[] => [0x63, ...text(`m\n${name}\n`)];

/** Builds an object that notes its state, hands out scalars and null, or only stands there. */
const made = { pickleKind: "made", state: undefined as PickleValue | undefined };
const globals: Record<string, PickleGlobal> = {
  make: {
    pickleKind: "global",
    name: "m.make",
    call: () => made,
    build: (target, state) => {
      (target as typeof made).state = state;
      return 1;
    },
  },
  seven: { pickleKind: "global", name: "m.seven", call: () => 7, build: () => 1 },
  nothing: { pickleKind: "global", name: "m.nothing", call: () => null, build: () => 1 },
  bare: { pickleKind: "global", name: "m.bare", call: () => ({ pickleKind: "bare" }) },
  alone: { pickleKind: "global", name: "m.alone" },
};
const byPath = new Map(Object.entries(globals).map(([name, value]) => [`m.${name}`, value]));
const host: PickleHost = { globals: byPath, load: (id) => id };
const read = (...parts: readonly (number | readonly number[])[]) =>
  unpickle(Uint8Array.from([0x80, 2, ...parts.flat(), 0x2e]), "p", host);

describe("values", () => {
  test("protocols 2 to 5", () => {
    for (const protocol of [2, 3, 4, 5])
      expect(unpickle(Uint8Array.of(0x80, protocol, 0x4e, 0x2e), "p", host)).toBeNull();
    for (const protocol of [0, 1, 6])
      expect(() => unpickle(Uint8Array.of(0x80, protocol, 0x4e, 0x2e), "p", host)).toThrow(
        `p: expected pickle protocol 2 to 5 before byte 2, got ${protocol}`,
      );
  });

  test("objects are called for and take their state", () => {
    expect(read(global("make"), 0x29, 0x52, [0x4b, 5], 0x62)).toBe(made);
    expect(made.state).toBe(5);
    expect(read(global("seven"), 0x29, 0x52)).toBe(7);
    expect(read(global("nothing"), 0x29, 0x52)).toBeNull();
    expect(read(word("m"), word("seven"), 0x93, 0x29, 0x81)).toBe(7);
  });

  test("lengths of eight bytes up to the pickle's", () => {
    // 2 + 1 + 8 + 1 bytes before the stop: the text of one byte.
    expect(read([0x8d, 1, 0, 0, 0, 0, 0, 0, 0], text("a"))).toBe("a");
    expect(read([0x8e, 2, 0, 0, 0, 0, 0, 0, 0], [1, 2])).toEqual(Uint8Array.of(1, 2));
    expect(() => read([0x8e, 12, 0, 0, 0, 0, 0, 0, 0])).toThrow("12 more bytes at 11, got 1 (truncated pickle?)");
    expect(() => read([0x8e, 13, 0, 0, 0, 0, 0, 0, 0])).toThrow(
      "p: expected a length below the pickle's 12 bytes, got 13",
    );
  });

  test("what a persistent id stands for is the host's", () => {
    const pickle = Uint8Array.from([0x80, 2, ...word("id"), 0x51, 0x2e]);
    expect(unpickle(pickle, "p", { globals: byPath, load: (id) => [id] })).toEqual(["id"]);
  });

  test("integers of 256 bytes, and text that is UTF-8", () => {
    expect(read([0x8b, 0, 1, 0, 0], [1, ...new Array<number>(255).fill(0)])).toBe(1);
    expect(() => read([0x8c, 1, 0xff])).toThrow("p: expected UTF-8 text before byte 5, got other bytes");
    // A byte-order mark is part of the text.
    expect(read([0x8c, 4, 0xef, 0xbb, 0xbf, 0x61])).toBe("\ufeffa");
    expect(() => read([0x63, 0x61, 0x62])).toThrow("p: expected a line of at most 512 bytes at 3, got a longer one");
  });
});

const long = (length: number): number[] => [length, 0, 0, 0, 0, 0, 0, 0];

test.each<[string, readonly (number | readonly number[])[], PickleValue]>([
  ["FRAME", [[0x95, ...long(1)], 0x4e], null],
  ["POP", [0x4e, 0x88, 0x30], null],
  ["POP_MARK", [0x4e, 0x28, 0x88, 0x89, 0x31], null],
  ["DUP", [[0x4b, 7], 0x32, 0x86], [7, 7]],
  ["NONE, NEWTRUE, NEWFALSE", [0x4e, 0x88, 0x89, 0x87], [null, true, false]],
  ["BININT1, BININT2", [[0x4b, 255], [0x4d, 1, 2], 0x86], [255, 513]],
  ["BININT", [[0x4a, 0xfe, 0xff, 0xff, 0xff]], -2],
  ["LONG1", [[0x8a, 2, 0, 0x80]], -32768],
  ["LONG1 of nothing", [[0x8a, 0]], 0],
  ["LONG4", [[0x8b, 9, 0, 0, 0], long(0), 1], 2n ** 64n],
  ["BINFLOAT", [[0x47, 0xbf, 0xf8, 0, 0, 0, 0, 0, 0]], -1.5],
  ["SHORT_BINUNICODE", [[0x8c, 2, 0xc3, 0xa4]], "ä"],
  ["BINUNICODE", [[0x58, 1, 0, 0, 0, 0x61]], "a"],
  ["BINUNICODE8", [[0x8d, ...long(1), 0x61]], "a"],
  ["SHORT_BINSTRING", [[0x55, 1, 0x61]], "a"],
  ["BINSTRING", [[0x54, 1, 0, 0, 0, 0x61]], "a"],
  ["SHORT_BINBYTES", [[0x43, 2, 1, 2]], Uint8Array.of(1, 2)],
  ["BINBYTES", [[0x42, 1, 0, 0, 0, 3]], Uint8Array.of(3)],
  ["BINBYTES8", [[0x8e, ...long(1), 4]], Uint8Array.of(4)],
  ["BYTEARRAY8", [[0x96, ...long(1), 5]], Uint8Array.of(5)],
  ["EMPTY_LIST, EMPTY_TUPLE, EMPTY_DICT", [0x5d, 0x29, 0x7d, 0x87], [[], [], new Map()]],
  ["LIST", [0x28, 0x88, 0x89, 0x6c], [true, false]],
  ["APPEND, APPENDS", [0x5d, 0x4e, 0x61, 0x28, 0x88, 0x89, 0x65], [null, true, false]],
  ["TUPLE", [0x28, 0x88, 0x89, 0x74], [true, false]],
  ["TUPLE1, TUPLE2, TUPLE3", [0x4e, 0x85, 0x88, 0x86, [0x4b, 1], [0x4b, 2], 0x87], [[[null], true], 1, 2]],
  [
    "DICT",
    [0x28, 0x4e, 0x88, word("a"), 0x89, 0x64],
    new Map<PickleKey, PickleValue>([
      [null, true],
      ["a", false],
    ]),
  ],
  ["SETITEM", [0x7d, 0x4e, 0x88, 0x73], new Map([[null, true]])],
  [
    "SETITEMS",
    [0x7d, 0x28, [0x4b, 1], 0x88, [0x4b, 2], 0x89, 0x75],
    new Map([
      [1, true],
      [2, false],
    ]),
  ],
  ["BINPUT, BINGET", [0x88, [0x71, 9], 0x30, [0x68, 9]], true],
  ["LONG_BINPUT, LONG_BINGET", [0x88, [0x72, 0, 1, 0, 0], 0x30, [0x6a, 0, 1, 0, 0]], true],
  [
    "MEMOIZE",
    [0x88, 0x94, 0x89, 0x94, [0x68, 1], [0x68, 0], 0x28, 0x31, 0x87, 0x85, 0x86],
    [true, [[false, false, true]]],
  ],
  ["GLOBAL", [global("alone")], globals.alone!],
])("%s", (_, parts, value) => {
  expect(read(...parts)).toEqual(value);
});

test.each<[string, readonly (number | readonly number[])[], string]>([
  ["nothing on the stack", [0x30], "a value on the stack before byte 3, got none"],
  ["nothing above the mark", [0x4e, 0x28, 0x30], "a value on the stack before byte 5, got none"],
  ["nothing above the mark to look at", [0x5d, 0x28, 0x32], "a value on the stack before byte 5, got none"],
  ["nothing to look at", [0x32], "a value on the stack before byte 3, got none"],
  ["an opcode with code", [0x0f], "opcodes for data before byte 3, got opcode 0x0f, which is refused"],
  ["no mark", [0x74], "a mark before byte 3, got none"],
  ["no such memo entry", [[0x68, 3]], "memo entry 3 before byte 4, got none"],
  ["an append to bytes", [[0x43, 2, 1, 2], 0x4e, 0x61], "a list to append to before byte 8, got 2 bytes"],
  ["an append to an object", [global("bare"), 0x29, 0x52, 0x4e, 0x61], "before byte 14, got a bare"],
  ["an append to long text", [word("x".repeat(70)), 0x4e, 0x61], `got "${"x".repeat(60)}"`],
  ["an append to no list", [0x7d, 0x4e, 0x61], "a list to append to before byte 5, got a dict of 0"],
  ["an item for no dict", [0x5d, 0x4e, 0x4e, 0x73], "a dict to fill before byte 6, got a list of 0"],
  ["half a pair", [0x7d, 0x28, 0x4e, 0x75], "pairs of key and value before byte 6, got 1 values"],
  [
    "an object as key",
    [0x7d, global("bare"), 0x29, 0x52, 0x4e, 0x73],
    "keys that are text or numbers before byte 15, got a bare",
  ],
  ["a list as key", [0x7d, 0x5d, 0x4e, 0x73], "keys that are text or numbers before byte 6, got a list of 0"],
  ["a key twice", [0x7d, 0x4e, 0x4e, 0x73, 0x4e, 0x4e, 0x73], "unique keys before byte 9, got two None"],
  ["a number as a global's name", [word("m"), [0x4b, 1], 0x93], "a global's name"],
  ["a number as a global's module", [[0x4b, 1], word("make"), 0x93], "a global's name"],
  ["a call of text", [word("m"), 0x29, 0x52], 'a function to call before byte 7, got "m"'],
  ["a call of nothing", [0x4e, 0x29, 0x52], "a function to call before byte 5, got None"],
  ["a call of an object", [global("bare"), 0x29, 0x52, 0x29, 0x52], "a function to call"],
  ["a call without a tuple", [global("make"), 0x4e, 0x52], "a tuple of arguments before byte 12, got None"],
  [
    "a call of what cannot be called",
    [global("alone"), 0x29, 0x52],
    "a global that may be called before byte 13, got m.alone",
  ],
  [
    "a state for a scalar",
    [global("seven"), 0x29, 0x52, 0x4e, 0x62],
    "an object that takes a state before byte 15, got 7",
  ],
  ["a state for nothing", [global("nothing"), 0x29, 0x52, 0x4e, 0x62], "an object that takes a state"],
  ["a state for an object without", [global("bare"), 0x29, 0x52, 0x4e, 0x62], "an object that takes a state"],
  ["two values at the end", [0x4e, 0x4e], "one value at the end before byte 5, got 2"],
  ["an open mark at the end", [0x4e, 0x28], "a value on the stack before byte 5, got none"],
  ["a mark under the value", [0x28, 0x4e], "one value at the end before byte 5, got 1"],
  ["an unknown global", [global("other")], 'the global "m.other", which is refused'],
])("%s is refused", (_, parts, message) => {
  expect(() => read(...parts)).toThrow(message);
});

test("limits: bytes, memo entries, objects", () => {
  expect(() => unpickle(new Uint8Array((64 << 20) + 1), "p", host)).toThrow(
    "p: expected at most 67108864 bytes of pickle, got 67108865",
  );
  // At exactly the limit it is read: byte 0 is no opcode for data.
  expect(() => unpickle(new Uint8Array(64 << 20), "p", host)).toThrow("opcode 0x00, which is refused");
  const calls = (count: number) =>
    read(global("bare"), [0x71, 0], 0x30, new Array(count).fill([0x68, 0, 0x29, 0x52, 0x30]).flat(), 0x4e);
  // Each call makes an object and its tuple.
  expect(calls(250_000)).toBeNull();
  expect(() => calls(250_001)).toThrow("at most 500000 containers");
  // The last object is one too many, its tuple is not.
  expect(() =>
    read(0x5d, global("bare"), [0x71, 0], 0x30, new Array(250_000).fill([0x68, 0, 0x29, 0x52, 0x30]).flat()),
  ).toThrow("at most 500000 objects before byte");
});

test("limits: operations, those included that a state takes", () => {
  const taking = (operations: number): PickleHost => {
    const build = () => operations;
    return { globals: new Map([["m.f", { ...globals.bare!, build }]]), load: (id) => id };
  };
  const pickle = Uint8Array.from([0x80, 2, ...global("f"), 0x29, 0x52, 0x4e, 0x62, 0x2e]);
  // Six of its own: the mark of the end is none.
  expect(unpickle(pickle, "p", taking(3_999_994))).toEqual({ pickleKind: "bare" });
  expect(() => unpickle(pickle, "p", taking(3_999_995))).toThrow("p: expected at most 4000000 operations before byte");
});

test("limits: memo entries", () => {
  const memoized = new Uint8Array(2_000_003).fill(0x94).fill(0x4e, 0, 1).fill(0x2e, -1);
  expect(() => unpickle(memoized, "p", host)).toThrow("at most 2000000 memo entries before byte 2000002");
});
