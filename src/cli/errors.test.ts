import { expect, test } from "vitest";
import { FileError } from "../errors/index.ts";
import { describeError, exitCodeOf, Stopped, UsageError } from "./errors.ts";

test("exit codes", () => {
  expect([new UsageError("x"), new Stopped("SIGINT"), new Error("x"), "text"].map(exitCodeOf)).toEqual([2, 130, 1, 1]);
});

test("errors written for people stay as they are, on one line", () => {
  expect(describeError(new UsageError("--x: expected a\n  number"), false)).toBe("flexvar: --x: expected a number");
  expect(describeError(new FileError("m.pth", "b", "c"), false)).toBe("flexvar: m.pth: expected b, got c");
});

test("an unexpected error says how to see more, and with debugging shows the stack and the cause", () => {
  const error = new TypeError("x is not a function", { cause: new Error("deeper") });
  expect(describeError(error, false)).toBe("flexvar: x is not a function (unexpected; FLEXVAR_DEBUG=1 shows where)");
  expect(describeError(error, true)).toMatch(
    /^flexvar: x is not a function\nTypeError[\s\S]*errors\.test[\s\S]*caused by Error: deeper/,
  );
  expect(describeError("plain text", false)).toBe("flexvar: plain text");
});
