import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createRandom } from "../sampling/index.ts";
import { baselinesOf } from "./baselines.ts";
import { codebookUsage, createCodebookState, updateCodebook } from "./codebook.ts";
import { parseConfig, readConfig } from "./config.ts";
import { drawSmallScales, drawTrainingScales, maxSideAt } from "./scale-draw.ts";
import { emaDecayAt, learningRate } from "./schedule.ts";
import { tokenizerTrainingSchema } from "./tokenizer-config.ts";
import { transformerTrainingSchema } from "./transformer-config.ts";

describe("learningRate", () => {
  const rate = { peakLr: 2, warmupSteps: 10, warmupStart: 0.1, holdShare: 0.1, finalShare: 0.25, steps: 110 };
  it("warms up, holds and falls to its last share", () => {
    const linear = (step: number) => learningRate(step, { ...rate, shape: "linear" });
    expect(linear(5)).toBeCloseTo(2 * (0.1 + 0.9 * 0.5));
    expect([linear(10), linear(15), linear(21)]).toEqual([2, 2, 2]);
    expect(linear(110)).toBeCloseTo(0.5);
    expect(linear((21 + 110) / 2)).toBeCloseTo(1.25);
    const cosine = (step: number) => learningRate(step, { ...rate, shape: "cosine" });
    expect(cosine(110)).toBeCloseTo(0.5);
    expect(cosine((21 + 110) / 2)).toBeCloseTo(1.25);
    expect(learningRate(110, { ...rate, shape: "constant" })).toBe(2);
  });
  it("the average's decay starts short", () => {
    expect(emaDecayAt(1, 0.999)).toBeCloseTo(2 / 11);
    expect(emaDecayAt(1e6, 0.999)).toBe(0.999);
  });
});

describe("updateCodebook", () => {
  const options = { update: "average", decay: 0.5, deadAfter: 2, revivePerStep: 1 } as const;
  it("moves chosen codes to the mean of their vectors, at unit length", () => {
    const codes = Float32Array.of(2, 0, 0, 3);
    const state = createCodebookState(codes, 2);
    expect([...codes]).toEqual([1, 0, 0, 1]);
    updateCodebook(
      codes,
      state,
      [{ rows: Float32Array.of(0, 1), tokens: Int32Array.of(0) }],
      1,
      options,
      createRandom(1),
    );
    expect(codes[0]).toBeCloseTo(Math.SQRT1_2);
    expect(codes[1]).toBeCloseTo(Math.SQRT1_2);
    expect([...codes.subarray(2)]).toEqual([0, 1]);
    expect([...state.lastUsed]).toEqual([1, 0]);
  });
  it("gives a dead code the place of a current vector, as many a step as allowed", () => {
    const codes = Float32Array.of(1, 0, 0, 1, 0, 1);
    const state = createCodebookState(codes, 3);
    const scales = [{ rows: Float32Array.of(0.6, 0.8), tokens: Int32Array.of(0) }];
    const still = { ...options, update: "gradient" } as const;
    expect(updateCodebook(codes, state, scales, 1, still, createRandom(1))).toEqual([]);
    const revived = updateCodebook(codes, state, scales, 2, still, createRandom(1));
    expect(revived).toHaveLength(1);
    const at = revived[0]! * 2;
    expect(codes[at]).toBeCloseTo(0.6);
    expect(codes[at + 1]).toBeCloseTo(0.8);
    expect([...codes.subarray(0, 2)]).toEqual([1, 0]);
  });
  it("usage is a share and exp of the entropy", () => {
    expect(codebookUsage(Float64Array.of(2, 2, 0, 0))).toEqual({ used: 0.5, perplexity: 2 });
    expect(codebookUsage(new Float64Array(3))).toEqual({ used: 0, perplexity: 0 });
  });
});

describe("drawn scales", () => {
  it("small scales are different, ascending, below the native one and mostly preferred", () => {
    const random = createRandom(3);
    const seen = new Map<number, number>();
    for (let i = 0; i < 2000; i++) {
      const sides = drawSmallScales(random, 16, 2, [1, 4, 8, 16], 0.9);
      expect(sides).toHaveLength(2);
      expect(sides[0]!).toBeLessThan(sides[1]!);
      for (const s of sides) seen.set(s, (seen.get(s) ?? 0) + 1);
    }
    expect([...seen.keys()].every((s) => s >= 1 && s < 16)).toBe(true);
    expect((seen.get(4)! + seen.get(1)! + seen.get(8)!) / 4000).toBeCloseTo(0.9, 1);
    expect(drawSmallScales(random, 3, 9, [1], 0.5)).toEqual([1, 2]);
    expect(drawSmallScales(random, 1, 2, [1], 0.5)).toEqual([]);
  });
  it("phases follow each other and cut the list", () => {
    const phases = [
      { share: 0.5, maxSide: 8 },
      { share: 0.5, maxSide: 16 },
    ];
    expect([1, 50, 51, 100, 101].map((step) => maxSideAt(step, 100, phases))).toEqual([8, 8, 16, 16, 16]);
    const settings = { rule: "paper", tableShare: 1, phases } as const;
    const sides = (step: number) => drawTrainingScales(createRandom(1), step, 100, 16, settings).map(([h]) => h);
    expect(sides(1)).toEqual([1, 2, 3, 4, 5, 6, 8]);
    expect(sides(100)).toEqual([1, 2, 3, 4, 5, 6, 8, 10, 13, 16]);
    const drawn = drawTrainingScales(createRandom(1), 100, 100, 16, { ...settings, tableShare: 0 });
    expect(drawn[0]).toEqual([1, 1]);
    expect(drawn.at(-1)).toEqual([16, 16]);
  });
});

describe("parseConfig", () => {
  const schema = z.strictObject({
    name: z.string(),
    size: z.strictObject({ width: z.int(), height: z.int().default(2) }),
  });
  it("reads, with quick values in place of the others where asked", () => {
    const value = { name: "a", size: { width: 1 }, quick: { size: { height: 7 } } };
    expect(parseConfig(schema, value, "c.json")).toEqual({ name: "a", size: { width: 1, height: 2 } });
    expect(parseConfig(schema, value, "c.json", true)).toEqual({ name: "a", size: { width: 1, height: 7 } });
  });
  it("refuses unknown keys with the valid ones", () => {
    expect(() => parseConfig(schema, { name: "a", size: { width: 1, depth: 2 } }, "c.json")).toThrow(
      'c.json: unknown key "depth" in size: expected one of width, height',
    );
    expect(() => parseConfig(schema, { nam: "a", size: { width: 1 } }, "c.json")).toThrow("expected one of name, size");
    expect(() => parseConfig(schema, [], "c.json")).toThrow("c.json: expected a JSON object, got a list");
  });
});

it("baselines are the cross-entropies of frequencies", () => {
  const train = {
    ids: Int32Array.from({ length: 2000 }, (_, i) => (i < 1000 ? 0 : 1)),
    labels: new Int32Array(2000).fill(1, 1000),
  };
  const heldOut = { ids: Int32Array.of(0, 1), labels: Int32Array.of(0, 1) };
  const { unigram, classUnigram } = baselinesOf(train, heldOut, 2, 2);
  expect(unigram).toBeCloseTo(Math.log(2), 5);
  expect(classUnigram).toBeCloseTo(-Math.log(1025 / 1050), 5);
});

describe("the configs that ship", () => {
  const read = async (name: string, quick: boolean): Promise<unknown> => {
    const path = fileURLToPath(new URL(`../../configs/${name}`, import.meta.url));
    return name.includes("tokenizer")
      ? readConfig(tokenizerTrainingSchema, path, quick)
      : readConfig(transformerTrainingSchema, path, quick);
  };
  it.each(["emoji", "fashion", "pictures"].flatMap((name) => [`${name}-tokenizer`, `${name}-transformer`]))(
    "%s is valid, in its quick form too",
    async (name) => {
      await expect(read(`${name}.json`, false)).resolves.toHaveProperty("about.command");
      await expect(read(`${name}.json`, true)).resolves.toMatchObject({ optimizer: { steps: 4 } });
    },
  );
});
