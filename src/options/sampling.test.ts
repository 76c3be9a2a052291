import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OptionError } from "../errors/index.ts";
import {
  IMPORTED_DEFAULTS,
  options,
  parseSampling,
  readDefaultSampling,
  resolveSampling,
  SAMPLING_FIELDS,
  samplingSchema,
  TRAINED_DEFAULTS,
  valueFromText,
  writeDefaultSampling,
} from "./index.ts";

const released = { factor: 16, trainedSide: 16, vocabSize: 8912, defaults: IMPORTED_DEFAULTS };
const small = { factor: 4, trainedSide: 8, vocabSize: 512, defaults: TRAINED_DEFAULTS };

describe("resolveSampling", () => {
  it("takes the model's defaults", () => {
    const resolved = resolveSampling({}, released);
    expect(resolved).toMatchObject({
      guidance: 2.5,
      guidanceMode: "ramp",
      topK: 900,
      topP: 0.95,
      temperature: 1,
      greedy: "released",
      maxGrid: 16,
      seed: 0,
      count: 1,
    });
    expect(resolved.plan.decodedPx).toEqual({ width: 256, height: 256 });
    expect(resolved.guidanceWeights[9]).toEqual({ a: 3.5, b: -2.5 });
    expect(resolved.greedySteps.some(Boolean)).toBe(false);
  });

  it("lets options win, as texts or structures", () => {
    const a = resolveSampling({ scales: "1,2,4x6", guidance: 4, guidanceMode: "constant", greedy: "4x6" }, released);
    const b = resolveSampling(
      { scales: [1, 2, [4, 6]], guidance: 4, guidanceMode: "constant", greedy: "4x6" },
      released,
    );
    expect(a).toEqual(b);
    expect(a.greedySteps).toEqual([false, false, true]);
    expect(a.guidanceWeights[0]).toEqual({ a: 4, b: -3 });
    for (const size of ["512x256", [512, 256] as [number, number]]) {
      expect(resolveSampling({ size }, released).plan.grids.at(-1)).toEqual([16, 32]);
    }
  });

  it("decodes the published 13-step and 512 px runs partly greedily", () => {
    const thirteen = resolveSampling({ steps: 13 }, released);
    expect(thirteen.plan.baseSizes.filter((_, i) => thirteen.greedySteps[i])).toEqual([7, 9, 12, 14]);
    const large = resolveSampling({ size: 512, steps: 15 }, released);
    expect(large.greedySteps.slice(-2)).toEqual([true, true]);
    expect(large.guidanceWeights.at(-1)).toEqual({ a: 3.5, b: -2.5 });
    const wider = resolveSampling({ size: 512, maxGrid: 32 }, released);
    expect(wider.greedySteps.slice(-2)).toEqual([false, false]);
  });

  it("serves other trained sides", () => {
    expect(resolveSampling({}, small).plan.baseSizes).toEqual([1, 2, 3, 4, 5, 7, 8]);
    expect(() => resolveSampling({ greedy: "released" }, small)).toThrow("greedy: expected none or a list of grids");
    expect(() => resolveSampling({ steps: 10 }, small)).toThrow(/steps: expected one of .* \(at most 8\)/);
  });

  it.each([
    [{ steps: 10, scales: "1,2" }, "steps: expected either steps or scales, got both"],
    [{ topP: 1.5 }, "topP: expected a number from 0 to 1, got 1.5"],
    [{ topK: -1 }, "topK: expected a whole number from 0 to"],
    [{ temperature: 0 }, "temperature: expected a number above 0 and at most 100, got 0"],
    [{ guidanceMode: "linear" }, 'guidanceMode: expected ramp or constant, got "linear"'],
    [{ greedy: "all" }, 'greedy: expected released, none or a list of grids such as 16,23, 4x6 or 13+, got "all"'],
    [{ guidance: [4, -1] }, "guidance.1: expected a number from 0 to 100, got -1"],
    [{ guidance: "4" }, 'guidance: expected a list by scale such as 4,4,2 or from..to such as 0.9..0.7, got "4"'],
    [{ guidance: [] }, "guidance: expected at least 1 entry, got 0"],
    [{ temperature: "1..0" }, "temperature.to: expected a number above 0 and at most 100, got 0"],
    [{ topP: "0..0.9" }, 'topP: expected from and to above 0 (0 is off), got {"from":0,"to":0.9}'],
    [{ topK: { from: 2, to: 5, by: 1 } }, "topK: expected a number, a list by scale"],
    [{ topK: true }, "topK: expected a number, a list by scale"],
    [{ guidanceUntil: 0 }, "guidanceUntil: expected a whole number from 1 to 1024, got 0"],
    [{ guidanceUntil: "last" }, `guidanceUntil: expected none or a grid's side such as 13, got "last"`],
    [{ entropyTemperature: "1,2" }, "entropyTemperature: expected none, paper or SCALE,DECAY,FLOOR"],
    [{ greedy: "4x6+" }, 'greedy: expected a grid such as 4 or 4x6 (rows x columns), got "4x6+"'],
    [{ scales: "1,x" }, 'scales: expected a grid such as 4 or 4x6 (rows x columns), got "x"'],
    [{ size: "big" }, 'size: expected a size such as 256 or 512x256 (width x height, pixels), got "big"'],
    [{ size: 0 }, "size: expected a whole number from 1 to 16384, got 0"],
    [{ seed: 1.5 }, "seed: expected a whole number from 0"],
    [{ seed: "7" }, 'seed: expected a number, got "7"'],
    [{ forbid: [8912] }, "forbid: expected code ids from 0 to 8911, got 8912"],
    [{ topk: 3 }, "topk: expected one of classLabels, style, count, seed"],
    [{ scales: "1,4", size: 256 }, "scales: expected the last grid to be 16x16 for 256x256 pixels"],
  ])("refuses %j in words", (input, message) => {
    const attempt = () => resolveSampling(input as Parameters<typeof resolveSampling>[0], released);
    expect(attempt).toThrow(OptionError);
    expect(attempt).toThrow(message);
  });
});

describe("defaults in config.json", () => {
  it("are written and read", () => {
    const defaults = { ...IMPORTED_DEFAULTS, steps: 12, maxGrid: 24 };
    expect(writeDefaultSampling(defaults)).toMatchObject({ guidance_scale: 2.5, top_k: 900, max_grid: 24, steps: 12 });
    expect(readDefaultSampling(JSON.parse(JSON.stringify(writeDefaultSampling(defaults))))).toEqual(defaults);
    expect(readDefaultSampling(undefined)).toEqual(TRAINED_DEFAULTS);
    expect(readDefaultSampling({ top_k: 200 })).toEqual({ ...TRAINED_DEFAULTS, topK: 200 });
  });

  it("hold policies by scale", () => {
    const json = {
      guidance_scale: [4, 4, 2],
      guidance_until: 13,
      top_p: { from: 0.9, to: 0.7 },
      temperature: "1..0.8",
      entropy_temperature: "paper",
      greedy: "13+",
    };
    const defaults = readDefaultSampling(json);
    expect(defaults).toMatchObject({ guidance: [4, 4, 2], guidanceUntil: 13, temperature: { from: 1, to: 0.8 } });
    expect(readDefaultSampling(JSON.parse(JSON.stringify(writeDefaultSampling(defaults))))).toEqual(defaults);
    const run = resolveSampling({ scales: "1,8,16" }, { ...released, defaults });
    expect(run.filters.map(({ topP }) => topP)).toEqual([0.9, 0.8, 0.7]);
    expect(run.guidanceWeights.at(-1)).toEqual({ a: 1, b: 0 });
    expect(run.greedySteps).toEqual([false, false, true]);
    expect(resolveSampling({ guidanceUntil: "none" }, { ...released, defaults }).guidanceWeights.at(-1)).toEqual({
      a: 3,
      b: -2,
    });
  });

  it("are refused by key", () => {
    expect(() => readDefaultSampling({ topk: 3 })).toThrow(
      "default_sampling: expected keys among steps, guidance_scale",
    );
    expect(() => readDefaultSampling({ top_p: 7 })).toThrow("topP: expected a number from 0 to 1, got 7");
    expect(() => readDefaultSampling([])).toThrow("default_sampling: expected an object");
  });
});

describe("one schema for every surface", () => {
  it("describes every option, with distinct flags and HTTP fields", () => {
    const json = z.toJSONSchema(samplingSchema, { io: "input" }) as {
      properties: Record<string, { description?: string }>;
    };
    expect(Object.keys(json.properties)).toEqual(SAMPLING_FIELDS);
    for (const field of SAMPLING_FIELDS) {
      expect(json.properties[field]!.description).toBe(options[field].description);
    }
    for (const key of ["flag", "http"] as const) {
      expect(new Set(SAMPLING_FIELDS.map((field) => options[field][key])).size).toBe(SAMPLING_FIELDS.length);
    }
  });

  it("reads flags' texts", () => {
    expect(valueFromText("classLabels", '3, cat face,"dog, wild"')).toEqual(["3", "cat face", '"dog, wild"']);
    expect(valueFromText("forbid", "1,2")).toEqual([1, 2]);
    expect(valueFromText("topP", "0.9")).toBe(0.9);
    expect(["0.9..0.5", "1,0.5"].map((text) => valueFromText("topP", text))).toEqual(["0.9..0.5", "1,0.5"]);
    expect(valueFromText("size", "64x32")).toBe("64x32");
    expect(() => valueFromText("topK", "many")).toThrow('topK: expected a number, got "many"');
    expect(() => valueFromText("seed", "")).toThrow("seed: expected a number");
    expect(parseSampling({ size: valueFromText("size", "64x32") }).size).toEqual([64, 32]);
  });
});
