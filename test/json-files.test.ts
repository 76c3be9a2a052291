import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readClassifier } from "../src/classifier/index.ts";
import { readLabels } from "../src/cli/labels-file.ts";
import { openFolder } from "../src/pretrained/node.ts";
import { readConfig, transformerTrainingSchema } from "../src/train/index.ts";
import { scratchFolder } from "./support/golden.ts";

const scratch = await scratchFolder();
afterAll(() => scratch.remove());

/** A folder's copy whose config.json has other bytes; the rest are links. */
async function withConfig(folder: string, name: string, change: (bytes: Buffer) => Uint8Array | string) {
  const copy = join(scratch.path, name);
  await mkdir(copy);
  for (const file of await readdir(folder)) {
    if (file !== "config.json") await symlink(join(process.cwd(), folder, file), join(copy, file));
  }
  await writeFile(join(copy, "config.json"), change(await readFile(join(folder, "config.json"))));
  return copy;
}

const marked = (bytes: Buffer): string => `\ufeff${bytes.toString("utf8")}`;
/** As `Set-Content` and `>` of Windows PowerShell write it. */
const utf16 = (bytes: Buffer): Uint8Array => Buffer.from(marked(bytes), "utf16le");

describe.each([
  ["UTF-8", marked],
  ["UTF-16", utf16],
])("JSON files with a byte-order mark in %s are read", (encoding, change) => {
  test("a model's config", async () => {
    const folder = await openFolder(await withConfig("models/fashion", `model ${encoding}`, change));
    const plain = await openFolder("models/fashion");
    expect(folder.config).toEqual(plain.config);
    await Promise.all([folder.close(), plain.close()]);
  });

  test("a judge's config", async () => {
    const { config } = await readClassifier(await withConfig("models/judges/fashion", `judge ${encoding}`, change));
    expect(config).toEqual((await readClassifier("models/judges/fashion")).config);
  });

  test("a training config and labels", async () => {
    const path = join(scratch.path, `${encoding}.json`);
    await writeFile(path, change(await readFile("configs/fashion-transformer.json")));
    const schema = transformerTrainingSchema;
    expect(await readConfig(schema, path)).toEqual(await readConfig(schema, "configs/fashion-transformer.json"));
    await writeFile(path, change(Buffer.from('["Käse","猫"]')));
    expect(await readLabels(path)).toEqual(["Käse", "猫"]);
    await writeFile(path, change(Buffer.from("Käse\r\n猫\r\n")));
    expect(await readLabels(path)).toEqual(["Käse", "猫"]);
  });
});

test("a number that is none is named with its key in every one of them", async () => {
  const nan = (bytes: Buffer): string =>
    bytes.toString("utf8").replace(/("peakLr"|"trained_side"|"version"): [\d.e-]+/, "$1: NaN");
  await expect(openFolder(await withConfig("models/fashion", "model NaN", nan))).rejects.toThrow(
    /config\.json: version: expected a finite number, got NaN \(line 3, column \d+\)/,
  );
  await expect(readClassifier(await withConfig("models/judges/fashion", "judge NaN", nan))).rejects.toThrow(
    /config\.json: version: expected a finite number, got NaN/,
  );
  const path = join(scratch.path, "nan.json");
  await writeFile(path, nan(await readFile("configs/fashion-transformer.json")));
  await expect(readConfig(transformerTrainingSchema, path)).rejects.toThrow(
    /nan\.json: optimizer\.peakLr: expected a finite number, got NaN \(line \d+, column \d+\)/,
  );
});
