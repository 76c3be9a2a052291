import { describe, expect, it } from "vitest";
import { OptionError } from "../errors/index.ts";
import { flexvarConfig, quantizableWeights, vq16 } from "../models/index.ts";
import { IMPORTED_DEFAULTS } from "../options/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import {
  bytesText,
  type CostBudget,
  checkCost,
  costSeconds,
  createCostModel,
  editStages,
  fitEdit,
  fitGenerate,
  fitsBudget,
  fitTiled,
  generateStages,
  largestSize,
  resolvePlan,
  tiledStages,
} from "./index.ts";

const config: ModelConfig = {
  tokenizer: { ...vq16, baseChannels: 32, channelMultipliers: [1, 2], codebookSize: 512, latentChannels: 32 },
  transformer: { ...flexvarConfig(4), numClasses: 10, codebookSize: 512 },
  trainedSide: 16,
  dtype: "float32",
  id2label: [],
  defaultSampling: IMPORTED_DEFAULTS,
};
const model = createCostModel(config);
const rate = { transformer: 1e10, tokenizer: 1e10, call: 1e-3 };
const budget = (memoryBytes: number, seconds?: number): CostBudget => ({ memoryBytes, idleBytes: 2e8, rate, seconds });
const plan = (side: number) => resolvePlan(config, { classLabels: [0], size: [side, side] });
const refusal = (run: () => unknown): OptionError => {
  try {
    run();
  } catch (error) {
    if (error instanceof OptionError) return error;
    throw error;
  }
  throw new Error("expected a refusal, got none");
};

describe("createCostModel", () => {
  it("grows with the square of the tokens, and with the batch", () => {
    const bytes = (side: number, rows = 1): number => model.cost(generateStages(plan(side), rows, rows)).bytes;
    expect(bytes(256) / bytes(128)).toBeGreaterThan(8);
    expect(bytes(128, 2) / bytes(128)).toBeGreaterThan(1.5);
  });

  it("knows the type: the same work, other memory", () => {
    const stages = generateStages(plan(64), 2, 2);
    const costOf = (...given: Parameters<typeof createCostModel>) => createCostModel(...given).cost(stages);
    const fp32 = costOf(config);
    const quantized = new Set(quantizableWeights(flexvarConfig(4)));
    expect(costOf(config, "int8")).toEqual(costOf({ ...config, quantized }, "int8"));
    for (const other of [costOf(config, "fp16"), costOf(config, "int8")]) {
      expect(other).toEqual({ ...fp32, bytes: other.bytes });
      expect(other.bytes).not.toBe(fp32.bytes);
    }
  });

  it("counts scores and cache of the largest scale: known sizes within a tenth", () => {
    const { grids } = plan(256).plan;
    const tokens = grids.reduce((sum, [h, w]) => sum + h * w, 0);
    const scores = 2 * 4 * 128 * 128 * tokens * 4;
    const { bytes } = model.cost(generateStages(plan(256), 1, 1));
    expect(bytes).toBeGreaterThan(scores);
    expect(bytes).toBeLessThan(1.25 * scores);
  });

  it("adds work for every batch, and memory for none", () => {
    const [once, thrice] = [1, 3].map((n) => model.cost(generateStages(plan(64), n, 1)));
    expect(thrice!.bytes).toBe(once!.bytes);
    const nothing = { bytes: 0, transformerFlops: 0, tokenizerFlops: 0, calls: 0 };
    const beside = costSeconds(nothing, rate);
    expect(costSeconds(thrice!, rate) - beside).toBeCloseTo(3 * (costSeconds(once!, rate) - beside), 6);
  });

  it("takes a step, its inputs and the picture's decoding as calls", () => {
    const { grids } = plan(64).plan;
    const { calls } = model.cost(generateStages(plan(64), 2, 2));
    expect(calls).toBe(2 * grids.length + 2);
    const free = { transformer: Number.POSITIVE_INFINITY, tokenizer: Number.POSITIVE_INFINITY, call: 0.01 };
    expect(costSeconds(model.cost(generateStages(plan(64), 2, 2)), free)).toBeCloseTo(0.04 + 0.01 * calls, 9);
  });

  it("counts every scale that is decoded", () => {
    const { length } = plan(64).plan.grids;
    const all = model.cost(generateStages(plan(64), 1, 1, [...Array(length).keys()]));
    expect(all.tokenizerFlops).toBeGreaterThan(model.cost(generateStages(plan(64), 1, 1)).tokenizerFlops);
  });

  it("windows take less than the whole", () => {
    const windows = model.cost(tiledStages(config, { classLabels: [0], size: [128, 128] }));
    expect(windows.bytes).toBeLessThan(model.cost(generateStages(plan(128), 1, 1)).bytes);
    const edit = { options: { classLabels: [0] }, size: { width: 128, height: 128 }, to: [128, 128] as const };
    const whole = model.cost(editStages(config, { ...edit, options: { ...edit.options, whole: true } }));
    expect(model.cost(editStages(config, edit)).bytes).toBeLessThan(whole.bytes);
  });
});

describe("letting runs in", () => {
  it("draws as many side by side as fit, and refuses a batch that does not", () => {
    const options = { classLabels: [0], count: 8 };
    const roomy = fitGenerate(config, model, options, 8, budget(8e9));
    expect(roomy.batch).toBe(8);
    const tight = fitGenerate(config, model, options, 8, budget(2e8 + roomy.cost.bytes / 2));
    expect(tight.batch).toBeGreaterThan(0);
    expect(tight.batch).toBeLessThan(8);
    const error = refusal(() =>
      fitGenerate(config, model, { ...options, batchSize: 8 }, 8, budget(2e8 + roomy.cost.bytes / 2)),
    );
    expect(error.parameter).toBe("batchSize");
    expect(error.message).toContain(`${tight.batch} would do`);
  });

  it("names the size, the bound, and the largest size that does; one step more does not", () => {
    const within = budget(1e9);
    const drawn = (side: number) => fitGenerate(config, model, { classLabels: [0], size: [side, side] }, 1, within);
    const error = refusal(() => drawn(512));
    expect(error.parameter).toBe("size");
    expect(error.message).toContain("at most 1.0 GB of memory");
    const largest = Number(/(\d+)x\1 would do/.exec(error.message)?.[1]);
    expect(() => drawn(largest)).not.toThrow();
    expect(() => drawn(largest + 2)).toThrow(OptionError);
  });

  it("proposes windows where they fit", () => {
    const size: [number, number] = [256, 64];
    const { bytes } = model.cost(tiledStages(config, { classLabels: [0], size }));
    const within = budget(2e8 + 1.2 * bytes);
    expect(refusal(() => fitGenerate(config, model, { classLabels: [0], size }, 1, within)).message).toContain(
      "windows (large)",
    );
    expect(fitTiled(config, model, { classLabels: [0], size }, within).bytes).toBe(bytes);
  });

  it("names the scales where they were given", () => {
    const error = refusal(() =>
      fitGenerate(
        config,
        model,
        {
          classLabels: [0],
          scales: [
            [1, 1],
            [256, 256],
          ],
        },
        1,
        budget(1e9),
      ),
    );
    expect(error.parameter).toBe("scales");
    expect(error.message).toMatch(/grids up to \d+x\d+ would do/);
  });

  it("names what makes an edit's windows large", () => {
    const edit = {
      options: { classLabels: [0], whole: true },
      size: { width: 512, height: 512 },
      to: [512, 512] as const,
    };
    const error = refusal(() => fitEdit(config, model, edit, budget(1e9)));
    expect(error.parameter).toBe("whole");
    expect(error.message).toContain("512x512 without whole would do");
    expect(fitEdit(config, model, { ...edit, options: { classLabels: [0] } }, budget(1e9)).batch).toBeGreaterThan(0);
  });

  it("refuses what cannot end in time, not what might", () => {
    const cost = model.cost(generateStages(plan(64), 1, 1));
    const needed = costSeconds(cost, rate);
    expect(fitsBudget(cost, budget(8e9, needed / 1.9))).toBe(true);
    const late = budget(8e9, needed / 2.1);
    expect(refusal(() => checkCost({ param: "n", given: "many", cost }, late)).message).toMatch(
      /^n: expected a run of at most/,
    );
  });

  it("finds the largest size in steps of a token", () => {
    expect(largestSize({ width: 64, height: 32 }, 4, ([w]) => w <= 41)).toEqual([40, 20]);
    expect(largestSize({ width: 64, height: 32 }, 4, () => false)).toBeUndefined();
    expect([bytesText(1.94e9), bytesText(4.8e8), bytesText(1.37e11)]).toEqual(["1.9 GB", "480 MB", "137 GB"]);
  });
});
