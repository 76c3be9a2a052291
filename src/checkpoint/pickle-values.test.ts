import { expect, test } from "vitest";
import { CheckpointError } from "./error.ts";
import {
  checkTree,
  describe,
  isGlobal,
  isMap,
  type PickleGlobal,
  type PickleValue,
  pickleLimits,
} from "./pickle-values.ts";

const global: PickleGlobal = { pickleKind: "global", name: "m.f" };

/** A list of a list …, `depth` lists in all. */
function nested(depth: number, inner: PickleValue = []): PickleValue {
  let list = inner;
  for (let i = 1; i < depth; i++) list = [list];
  return list;
}

test("maps and globals are told from everything else", () => {
  const others: (PickleValue | undefined)[] = [undefined, null, true, 1, "global", [], { pickleKind: "made" }];
  expect([...others, global].filter(isMap)).toEqual([]);
  expect(isMap(new Map())).toBe(true);
  expect([...others, new Map(), new Uint8Array(1)].filter(isGlobal)).toEqual([]);
  expect(isGlobal(global)).toBe(true);
});

test.each<[PickleValue | undefined, string]>([
  [undefined, "nothing"],
  [null, "None"],
  [[1, [2]], "a list of 2"],
  [new Map([[1, 2]]), "a dict of 1"],
  [new Uint8Array(3), "3 bytes"],
  [global, "a global"],
  ["a\n", '"a\\n"'],
  ["x".repeat(61), `"${"x".repeat(60)}"`],
  [true, "true"],
  [7, "7"],
  [2n ** 64n, "18446744073709551616"],
])("%s is named %s", (value, words) => {
  expect(describe(value)).toBe(words);
});

test("limits", () => {
  expect(pickleLimits).toEqual({
    bytes: 67_108_864,
    operations: 4_000_000,
    containers: 500_000,
    memo: 2_000_000,
    depth: 64,
    expanded: 8_000_000,
  });
});

test("containers may lie 64 deep, lists and dicts alike", () => {
  const refused = "p: expected containers nested at most 64 deep, got deeper or endless ones";
  for (const inner of [[], new Map()]) {
    // The outermost one is at depth 0.
    expect(() => checkTree(nested(65, inner), "p")).not.toThrow();
    expect(() => checkTree(nested(66, inner), "p")).toThrow(
      new CheckpointError("p", "containers nested at most 64 deep", "deeper or endless ones"),
    );
    expect(() => checkTree(nested(66, inner), "p")).toThrow(refused);
  }
  // Scalars add no depth.
  expect(() => checkTree(nested(65, [1, "a", null, new Uint8Array(2)]), "p")).not.toThrow();
});

test("cycles are refused", () => {
  const list: PickleValue[] = [];
  list.push([new Map([["self", list]])]);
  expect(() => checkTree(list, "p")).toThrow("nested at most 64 deep");
});

test("a shared container counts with its height wherever it is used", () => {
  const shared = nested(33);
  // First met at depth 1, then at 32 and 33; its own deepest list lies 32 below.
  expect(() => checkTree([shared, nested(31, [shared])], "p")).not.toThrow();
  expect(() => checkTree([shared, nested(32, [shared])], "p")).toThrow("nested at most 64 deep");
});

test("values are counted as often as shared containers hold them, up to eight million", () => {
  const numbers: PickleValue[] = new Array(200).fill(1);
  const lists: PickleValue[] = new Array(200).fill(numbers);
  // 199 · (1 + 200 · 201) and the list itself, of three containers.
  const all: PickleValue[] = new Array(199).fill(lists);
  expect(() => checkTree(all, "p")).not.toThrow();
  for (const more of [[...all, 1], new Map([["a", all]])])
    expect(() => checkTree(more, "p")).toThrow(
      "p: expected at most 8000000 values, got shared containers that hold more",
    );
});
