import { expect, test } from "vitest";
import { ExpectedError, FileError, inFile, isExpected, OptionError } from "./index.ts";

test("a file's error says file, place, what was expected and what was got", () => {
  expect(new FileError("a.json", "a name").message).toBe("a.json: expected a name");
  const placed = new FileError("a.json", "a name", 3, { where: "id2label.4" });
  expect(placed.message).toBe("a.json: id2label.4: expected a name, got 3");
  expect(placed).toMatchObject({ file: "a.json", where: "id2label.4", expected: "a name", got: "3" });
  expect(placed.words).toBe("id2label.4: expected a name, got 3");
  const cause = new Error("bad magic");
  const quoted = new FileError("a.png", "a picture", cause.message, { isQuoted: true, cause });
  expect([quoted.message, quoted.cause]).toEqual(["a.png: expected a picture, got: bad magic", cause]);
});

test("what was written for people is told from faults by its class alone", () => {
  const told = [
    new FileError("a", "b"),
    new OptionError("seed", "a number"),
    inFile("a", new Error("b")),
    new ExpectedError(""),
  ];
  expect(told.map(isExpected)).toEqual([true, true, true, true]);
  expect([new Error("a: expected b, got c"), new RangeError("a: expected b"), "a"].map(isExpected)).toEqual([
    false,
    false,
    false,
  ]);
});
