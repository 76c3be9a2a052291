import { Command } from "commander";
import { expect, test } from "vitest";
import { OptionError } from "../errors/index.ts";
import { options, SAMPLING_FIELDS } from "../options/index.ts";
import { asUsageError, exitCodeOf } from "./errors.ts";
import { addSamplingFlags, samplingInput } from "./flags.ts";

function parsed(...argv: string[]): Record<string, unknown> {
  const command = addSamplingFlags(new Command());
  command.parse(argv, { from: "user" });
  return samplingInput(command.opts()) as Record<string, unknown>;
}

test("every option of the schema has its flag, and what is left out has none", () => {
  const flags = (but: Parameters<typeof addSamplingFlags>[1]) =>
    addSamplingFlags(new Command(), but).options.map((o) => o.long);
  expect(flags([])).toEqual(SAMPLING_FIELDS.map((field) => `--${options[field].flag}`));
  expect(flags(["seed"])).not.toContain("--seed");
});

test("texts become the schema's values", () => {
  expect(
    parsed(
      "--class",
      'ant,3,"a, b"',
      "--seed",
      "7",
      "--size",
      "64x32",
      "--top-k",
      "5",
      "--guidance-mode",
      "ramp",
      "--forbid",
      "1,2",
    ),
  ).toEqual({
    classLabels: ["ant", "3", '"a, b"'],
    seed: 7,
    size: "64x32",
    topK: 5,
    guidanceMode: "ramp",
    forbid: [1, 2],
  });
  expect(parsed()).toEqual({});
});

test("numbers by scale stay text for the schema to read", () => {
  const argv = ["--guidance", "4..1", "--top-p", "0.9,0.7", "--temperature", "0.8", "--guidance-until", "13"];
  expect(parsed(...argv, "--greedy", "13+", "--entropy-temperature", "paper")).toEqual({
    guidance: "4..1",
    topP: "0.9,0.7",
    temperature: 0.8,
    guidanceUntil: "13",
    greedy: "13+",
    entropyTemperature: "paper",
  });
});

test("a list may be given by repeating the flag", () => {
  expect(parsed("--class", "ant", "--class", "3", "--forbid", "1", "--forbid", "2,3")).toEqual({
    classLabels: ["ant", "3"],
    forbid: [1, 2, 3],
  });
});

test.each([
  [new OptionError("classLabels.0", "x"), "--class: expected x"],
  [new OptionError("topK", "x"), "--top-k: expected x"],
  [new OptionError("batchSize", "x"), "--batch: expected x"],
  [new OptionError("maskMode", "x", "y"), "--mask-mode: expected x, got y"],
])("%s names the flag, and counts as bad usage", async (error, message) => {
  const shown = await asUsageError(error);
  expect(shown).toMatchObject({ name: "UsageError", message });
  expect(exitCodeOf(shown)).toBe(2);
});

test("other errors pass as they are", async () => {
  const error = new TypeError("x: y");
  expect(await asUsageError(error)).toBe(error);
});
