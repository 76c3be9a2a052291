import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareNaturally, nameFinder, readClassText, splitClassTexts } from "./class-names.ts";

describe("compareNaturally", () => {
  it("sorts digits by value and everything else by code unit", () => {
    const names = [
      "11",
      "2",
      "1",
      "x10",
      "x9b",
      "x9",
      "01",
      "12345678901234567891",
      "12345678901234567890",
      "Z",
      "a",
      "",
    ];
    expect([...names].sort(compareNaturally)).toEqual([
      "",
      "01",
      "1",
      "2",
      "11",
      "12345678901234567890",
      "12345678901234567891",
      "Z",
      "a",
      "x9",
      "x9b",
      "x10",
    ]);
  });

  it("is an order: antisymmetric and transitive, equal for equal names only", () => {
    const name = fc.string({ unit: fc.constantFrom("0", "1", "9", "a", "é", "e\u0301", " "), maxLength: 6 });
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareNaturally(a, b))).toBe(-Math.sign(compareNaturally(b, a)) + 0);
        expect(compareNaturally(a, b) === 0).toBe(a === b);
        if (compareNaturally(a, b) < 0 && compareNaturally(b, c) < 0) expect(compareNaturally(a, c)).toBeLessThan(0);
      }),
    );
  });
});

describe("nameFinder", () => {
  it("prefers the name itself to one in another case or with other spaces", () => {
    const find = nameFinder(["Cat", "cat", "cat ", "a-b", "a b", "Caf\u00e9", "-"]);
    expect(["Cat", "cat", " cat", "CAT", "a-b", "A_B", "cafe\u0301", "CAFE\u0301", "-", "dog"].map(find)).toEqual([
      [0],
      [1],
      [1, 2],
      [0, 1, 2],
      [3],
      [3, 4],
      [5],
      [5],
      [6],
      [],
    ]);
  });
});

it("class texts are read as a name, an id or either", () => {
  expect(readClassText(' "3" ')).toEqual({ reading: "name", name: "3" });
  expect(readClassText('"5"" disk"')).toEqual({ reading: "name", name: '5" disk' });
  expect(readClassText(" #3")).toEqual({ reading: "id", id: 3 });
  expect(readClassText("3")).toEqual({ reading: "either", name: "3", id: 3 });
  expect(readClassText("# 3")).toEqual({ reading: "either", name: "# 3", id: undefined });
});

describe("splitClassTexts", () => {
  it("splits at commas outside of quotes and keeps the quotes", () => {
    expect(splitClassTexts('a, "b, c" ,,#3,5" disk,"x""y,z", "open, d')).toEqual([
      "a",
      '"b, c"',
      "#3",
      '5" disk',
      '"x""y,z"',
      '"open',
      "d",
    ]);
  });

  it("takes linear time on hostile text", () => {
    for (const piece of ['"', '"a', '"",', '",', ' ,"', '"""x,', " "]) {
      const before = performance.now();
      splitClassTexts(piece.repeat(200_000));
      expect(performance.now() - before).toBeLessThan(5000);
    }
  });

  it("gives every quoted name back", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }), (names) => {
        const text = names.map((name) => `"${name.replaceAll('"', '""')}"`).join(",");
        expect(splitClassTexts(text).map((part) => readClassText(part))).toEqual(
          names.map((name) => ({ reading: "name", name })),
        );
      }),
    );
  });
});
