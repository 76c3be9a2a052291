import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonError, parseJson } from "./index.ts";
import { findJsonFault } from "./scan.ts";

const problem = (text: string): string => {
  try {
    parseJson(text, "a.json");
  } catch (error) {
    expect(error).toBeInstanceOf(JsonError);
    return (error as Error).message;
  }
  return "none";
};

describe("parseJson", () => {
  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text, "x")).toEqual(JSON.parse(text));
        expect(findJsonFault(text)).toBeUndefined();
      }),
    );
  });

  it("finds a fault in exactly the texts that JSON.parse refuses", () => {
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"\\u12"',
      '"',
      "1",
      "-",
      "01",
      "1.",
      "null",
      "nul",
      " ",
      "\n",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect(findJsonFault(text) === undefined).toBe(isJson);
      }),
      { numRuns: 5000 },
    );
  });

  it("reads every Unicode encoding by its byte-order mark, and text with one", () => {
    const text = '{"name":"Käse 猫"}';
    const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
    for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), utf16, Buffer.from(utf16).swap16()])
      expect(parseJson(bytes, "x")).toEqual({ name: "Käse 猫" });
    expect(parseJson(`\ufeff${text}`, "x")).toEqual({ name: "Käse 猫" });
    expect(() => parseJson(Uint8Array.of(0xff, 0xfe, 0, 0, 0x31, 0, 0, 0), "x")).toThrow("got UTF-32LE");
    expect(() => parseJson(Buffer.from('{"a":"K\xe4se"}', "latin1"), "x")).toThrow("x: expected text in UTF-8");
  });

  it("names NaN, Infinity and numbers beyond a double with their key and place", () => {
    expect(problem('{\n  "a": {"b": [1, NaN]}\n}')).toBe(
      "a.json: a.b.1: expected a finite number, got NaN (line 2, column 18)",
    );
    expect(problem('{"loss": Infinity}')).toBe(
      "a.json: loss: expected a finite number, got Infinity (line 1, column 10)",
    );
    expect(problem('{"loss":-Infinity}')).toBe(
      "a.json: loss: expected a finite number, got -Infinity (line 1, column 9)",
    );
    expect(problem('{"x":"NaN","y":1e999}')).toBe("a.json: y: expected a finite number, got 1e999 (line 1, column 16)");
    expect(problem(`[${"9".repeat(400)}]`)).toContain("a.json: 0: expected a finite number, got 999");
    expect(problem("NaN")).toBe("a.json: expected a finite number, got NaN (line 1, column 1)");
  });

  it.each([
    ["", "a.json: expected JSON, got its end (line 1, column 1)"],
    ['{"a": 1,}', 'a.json: expected JSON, got "}" (line 1, column 9)'],
    ["[1 2]", "a.json: 0: expected JSON, got 2 (line 1, column 4)"],
    ['{"a": None}', "a.json: a: expected JSON, got None (line 1, column 7)"],
    ["{'a': 1}", `a.json: expected JSON, got "'" (line 1, column 2)`],
    ['// x\n{"a": 1}', "a.json: expected JSON, got a comment (line 1, column 1)"],
    ['{"a": "x', "a.json: a: expected JSON, got a text that is not closed"],
    ['{"a": 1} {"b": 2}', 'a.json: expected JSON, got "{" (line 1, column 10)'],
    ["[1,\n\n01]", "a.json: 1: expected JSON, got 01"],
  ])("says where %j is wrong", (text, message) => {
    expect(problem(text)).toContain(message);
  });

  it("is linear and does not recurse", () => {
    expect(problem("[".repeat(2_000_000)).length).toBeLessThan(400);
    expect(problem(`{"a":"${"x".repeat(5_000_000)}`).length).toBeLessThan(400);
    expect(problem(`${'"\\u'.repeat(500_000)}`).length).toBeLessThan(400);
  });
});
