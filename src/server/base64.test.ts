import fc from "fast-check";
import { expect, test } from "vitest";
import { pictureBytes } from "./base64.ts";

const LONG = 5_000_000;

test("any bytes come back, with white space anywhere, with padding and without", async () => {
  const space = fc.constantFrom("", " ", "\n", "\r\n\t");
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), space, fc.boolean(), async (bytes, gap, bare) => {
      const text = Buffer.from(bytes).toString("base64");
      const spaced = [...(bare ? text.replaceAll("=", "") : text)].join(gap) + gap;
      expect(await pictureBytes(spaced)).toEqual(Buffer.from(bytes));
      expect(await pictureBytes(`data:image/svg+xml;base64,${spaced}`)).toEqual(Buffer.from(bytes));
    }),
  );
});

test("slices join where they break a group of four", async () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 900_001 }, (_, i) => i * i));
  expect((await pictureBytes(bytes.toString("base64")))!.equals(bytes)).toBe(true);
  expect((await pictureBytes(` ${bytes.toString("base64")}`))!.equals(bytes)).toBe(true);
});

test.each([
  "",
  " ",
  "=",
  "A===",
  "AA=A",
  "AA=\n=A",
  "A-_A",
  "http://host/a.png",
  "data:text/plain;base64,AAAA",
  "AAAAé",
  "AA\u0000A",
])("%j is no picture", async (text) => {
  expect(await pictureBytes(text)).toBeUndefined();
});

test.each<[string, string]>([
  ["letters and a wrong last one", `${"A".repeat(LONG)}!`],
  ["white space alone", " ".repeat(LONG)],
  ["white space and a wrong last one", `A${" ".repeat(LONG)}!`],
  ["padding without end", "=".repeat(LONG)],
  ["letters and white space by turns, then padding", `${"A \n".repeat(LONG / 3)}===`],
  ["a data URL without data", `data:image/${"a".repeat(LONG)}`],
])("%s: refused in linear time, and others have their turns", async (_, text) => {
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  const start = performance.now();
  expect(await pictureBytes(text)).toBeUndefined();
  // A quadratic check takes over an hour.
  expect(performance.now() - start).toBeLessThan(10_000);
  clearInterval(others);
  if (text.startsWith(" ")) expect(turns).toBeGreaterThan(1);
});
