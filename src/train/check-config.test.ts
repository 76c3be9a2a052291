import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type ModelConfig, parseModelConfig } from "../pretrained/index.ts";
import { checkTransformerConfig } from "./check-config.ts";
import { parseConfig } from "./config.ts";
import { transformerTrainingSchema } from "./transformer-config.ts";

const path = "models/fashion/config.json";
const model: ModelConfig = parseModelConfig(await readFile(path), path);
const json = JSON.parse(await readFile("configs/fashion-transformer.json", "utf8")) as Record<string, object>;

/** The shipped config with changes to one part. */
const changed = (part: string, values: object) =>
  parseConfig(transformerTrainingSchema, { ...json, [part]: { ...json[part], ...values } }, "c.json");

test("the shipped config is right, with classes by name and by number", () => {
  const name = model.id2label[1]!;
  expect(() => checkTransformerConfig(changed("samples", { classes: [name, 0, "#2"] }), model)).not.toThrow();
});

test.each<[part: string, values: object, message: string]>([
  [
    "samples",
    { classes: ["no such class"] },
    'config: samples.classes: expected a class of the model, got "no such class"',
  ],
  ["samples", { classes: [1000] }, "config: samples.classes: expected an id from 0 to"],
  ["samples", { seed: -1 }, "config: samples.seed: expected a whole number from 0"],
  ["samples", { guidance: 500 }, "config: samples.guidance: expected a number from 0 to 100, got 500"],
  ["samples", { perClass: 2_000_000 }, "config: samples.perClass: expected a whole number from 1"],
  ["samples", { topK: 2 ** 40 }, "config: samples.topK: expected a whole number from 0"],
  ["schedules", { maxTokens: 3 }, "config: schedules.maxTokens: expected a cap of at least"],
])("%s %j is found before the first step", (part, values, message) => {
  expect(() => checkTransformerConfig(changed(part, values), model)).toThrow(message);
});

test("names that a model folder could not keep are found before the first step", () => {
  const [first, ...others] = model.id2label;
  const config = changed("samples", {});
  const named = (name: string): ModelConfig => ({ ...model, id2label: [name, ...others] });
  expect(() => checkTransformerConfig(config, named("x".repeat(200)))).not.toThrow();
  expect(() => checkTransformerConfig(config, named(`${first}${"x".repeat(200)}`))).toThrow(
    /model folder that training would leave: expected class names of 1 to 200 characters, got \d+ for class 0/,
  );
  expect(() => checkTransformerConfig(config, { ...model, trainedSide: 2_000_000 })).toThrow("trained_side");
});

test("the quick form of a config is checked whenever the config is", () => {
  const parse = (quick: unknown, asked = false) =>
    parseConfig(transformerTrainingSchema, { ...json, quick }, "c.json", asked);
  expect(() => parse({ optimizer: { stepps: 4 } })).toThrow('c.json: quick: unknown key "stepps" in optimizer');
  expect(() => parse(5)).toThrow("c.json: quick: expected a JSON object, got 5");
  expect(parse(undefined, true).kind).toBe("transformer");
});
