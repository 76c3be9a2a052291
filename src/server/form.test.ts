import { expect, test } from "vitest";
import { readForm } from "./form.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { bodyBlocks } from "./pieces.ts";

async function read(entries: readonly (readonly [name: string, value: string | Blob])[]) {
  const form = new FormData();
  for (const [name, value] of entries) form.append(name, value);
  const request = new Request("http://localhost", { method: "POST", body: form });
  return readForm(bodyBlocks(request, DEFAULT_LIMITS, { take() {} }), request.headers.get("content-type")!);
}

test("lists come between commas, in JSON, by repeating the field, or with brackets", async () => {
  for (const entries of [
    [["class_labels", "heart,3"]],
    [
      ["class_labels", "heart"],
      ["class_labels", "3"],
    ],
    [
      ["class_labels[]", "heart"],
      ["class_labels[]", "3"],
    ],
  ] as const)
    expect(await read(entries)).toEqual({ class_labels: ["heart", "3"] });
  expect(await read([["class_labels", '["heart",3,"3"]']])).toEqual({ class_labels: ["heart", 3, "3"] });
  expect(await read([["class_labels[]", "tench, Tinca tinca"]])).toEqual({ class_labels: ["tench, Tinca tinca"] });
  expect(await read([["class_labels", "auto"]])).toEqual({ class_labels: "auto" });
  expect(await read([["forbid", "[1,2]"]])).toEqual({ forbid: [1, 2] });
  expect(
    await read([
      ["forbid", "1"],
      ["scales", "1"],
      ["forbid", "2"],
      ["scales", "4x6"],
    ]),
  ).toEqual({ forbid: [1, 2], scales: "1,4x6" });
  expect(
    await read([
      ["scales", "1"],
      ["scales", "[4,6]"],
    ]),
  ).toEqual({ scales: [1, [4, 6]] });
});

test("broken lists stay text, which the schema refuses", async () => {
  expect(await read([["forbid", "[1,"]])).toEqual({ forbid: "[1," });
  expect(await read([["scales", "[1,"]])).toEqual({ scales: "[1," });
});

test("fields that are no lists come once, and files only where pictures are asked for", async () => {
  for (const name of ["seed", "image", "__proto__"])
    await expect(
      read([
        [name, "1"],
        [`${name}[]`, "2"],
      ]),
    ).rejects.toThrow(`${name}: expected one value, got several`);
  await expect(read([["class_labels", new Blob(["heart"])]])).rejects.toThrow(
    "class_labels: expected text, got a file",
  );
});

test("a byte-order mark is no part of a text", async () => {
  expect(
    await read([
      ["class_labels", '\ufeff["heart",3]'],
      ["seed", "\ufeff7"],
    ]),
  ).toEqual({ class_labels: ["heart", 3], seed: 7 });
});
