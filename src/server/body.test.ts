import { expect, test } from "vitest";
import { readBody } from "./body.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const read = (body: string | Uint8Array<ArrayBuffer>) =>
  readBody(
    new Request("http://localhost", { method: "POST", body, headers: { "content-type": "application/json" } }),
    DEFAULT_LIMITS,
    false,
    { take() {}, turn: async () => {} },
  );

test("a byte-order mark is no part of a body", async () => {
  expect(await read('\ufeff{"n":1}')).toEqual({ n: 1 });
});

test("what is no JSON is named with its field and place", async () => {
  for (const [body, param, message] of [
    ['{"guidance":NaN}', "guidance", "guidance: expected a finite number, got NaN (line 1, column 13)"],
    ['{"scales":[1,-Infinity]}', "scales.1", "scales.1: expected a finite number, got -Infinity (line 1, column 14)"],
    ['{"seed":1e400}', "seed", "seed: expected a finite number, got 1e400 (line 1, column 9)"],
    ["{'n':1}", null, `body: expected JSON, got "'" (line 1, column 2)`],
    ["", null, "body: expected JSON, got its end (line 1, column 1)"],
  ] as const)
    await expect(read(body)).rejects.toMatchObject({ status: 400, code: "invalid_json", param, message });
  await expect(read(Uint8Array.of(0x22, 0xff, 0x22))).rejects.toThrow("body: expected JSON in UTF-8, got other bytes");
});
