import { expect, test } from "vitest";
import { serverToken } from "./server-run.ts";

test("a blank token of the environment is none, a blank one of the flag is refused", () => {
  expect(serverToken(undefined, undefined)).toBeUndefined();
  expect(serverToken(undefined, "")).toBeUndefined();
  expect(serverToken(undefined, " \n")).toBeUndefined();
  expect(serverToken(undefined, "secret\n")).toBe("secret");
  expect(serverToken("flag", "secret")).toBe("flag");
  for (const blank of ["", "  "])
    expect(() => serverToken(blank, "secret")).toThrow(`--token: expected some text, got "${blank}"`);
});
