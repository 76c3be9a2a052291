/** Drawing and editing let in or refused, with what would do instead: one rule for all front ends. */
import { downsampling } from "../models/index.ts";
import type { ResolvedSampling } from "../options/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import { formatScales, type Grid } from "../sampling/index.ts";
import type { CostModel, RunCost } from "./cost.ts";
import { type CostBudget, type CostRequest, checkCost, fitsMemory, largestSize } from "./cost-check.ts";
import { type EditPlan, editStages, generateStages, tiledStages } from "./cost-stages.ts";
import { VARIANTS } from "./passes.ts";
import { defaultBatch, type GenerateOptions, pickSampling, type ResolvedRun, resolvePlan } from "./resolve.ts";
import type { LargeOptions } from "./tiled.ts";

/** A run that was let in. */
export interface RunFit {
  /** Pictures side by side. */
  readonly batch: number;
  readonly cost: RunCost;
}

/** Settings that a cost follows from. */
type Planned = Pick<ResolvedRun, "plan" | "guidanceWeights">;
type Sides = readonly [width: number, height: number];
type Fits = (cost: RunCost) => boolean;

const wouldDo = (size: Sides | undefined): string[] => (size === undefined ? [] : [`${size[0]}x${size[1]} would do`]);

/** The most side by side of at most `most` that a budget's memory allows; one at least. */
function mostInMemory(costOf: (batch: number) => RunCost, most: number, budget: CostBudget): number {
  let batch = most;
  while (batch > 1 && !fitsMemory(costOf(batch), budget)) batch--;
  return batch;
}

/** The most pictures side by side that a budget allows of at most `most`; one at least. */
export const fittingBatch = (model: CostModel, planned: Planned, most: number, budget: CostBudget): number =>
  mostInMemory((batch) => model.cost(generateStages(planned, batch, batch)), most, budget);

/** @throws OptionError for `batchSize` where fewer side by side would fit. */
function checkBatchCost(
  batch: number,
  costOf: (batch: number) => RunCost,
  request: Omit<CostRequest, "param">,
  budget: CostBudget,
): void {
  if (batch > 1 && !fitsMemory(request.cost, budget) && fitsMemory(costOf(1), budget))
    checkCost({ param: "batchSize", ...request }, budget);
}

/**
 * Lets a drawing in. Where `options.batchSize` says nothing, as many pictures are drawn side by side as are by default and fit.
 * @param options of the whole run; `total` pictures.
 * @throws OptionError for `size`, `scales` or `batchSize`, with the bound and the largest value that would do.
 */
export function fitGenerate(
  config: ModelConfig,
  model: CostModel,
  options: GenerateOptions,
  total: number,
  budget: CostBudget,
  extra: {
    readonly decoded?: readonly number[] | undefined;
    readonly heldBytes?: number;
    /** What the options come to, where that is known. */
    readonly planned?: ResolvedSampling;
  } = {},
): RunFit {
  const held = { kind: "hold", bytes: extra.heldBytes ?? 0 } as const;
  const planned = extra.planned ?? resolvePlan(config, options);
  const costOf = (batch: number, of: Planned = planned): RunCost =>
    model.cost([held, ...generateStages(of, total, Math.min(batch, total), extra.decoded)]);
  const usual = Math.min(total, defaultBatch(planned.plan));
  const batch = options.batchSize ?? fittingBatch(model, planned, usual, budget);
  const cost = costOf(batch);
  const { width, height } = planned.plan.sizePx;
  const fewer = () => [`${fittingBatch(model, planned, batch, budget)} would do`];
  checkBatchCost(batch, costOf, { given: `${batch} of ${width}x${height} side by side`, cost, instead: fewer }, budget);
  if (options.scales !== undefined) {
    const text = formatScales(planned.plan.grids);
    const given = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    const instead = (fits: Fits): string[] =>
      smallerScales(planned.plan.grids, (grids) => fits(costOf(1, { ...planned, plan: { ...planned.plan, grids } })));
    checkCost({ param: "scales", given, cost, instead }, budget);
    return { batch, cost };
  }
  const instead = (fits: Fits): string[] => {
    const largest = largestSize({ width, height }, downsampling(config.tokenizer), ([w, h]) =>
      fits(costOf(1, resolvePlan(config, { ...options, size: [w, h] }))),
    );
    const { classLabels = [0] } = options;
    const windowed: LargeOptions = { ...pickSampling(options), classLabels, size: [width, height] };
    const inWindows = fits(model.cost(tiledStages(config, windowed)));
    return [...wouldDo(largest), ...(inWindows ? ["the same size in windows (large)"] : [])];
  };
  checkCost({ param: "size", given: `${width}x${height}`, cost, instead }, budget);
  return { batch, cost };
}

/** A list that keeps its form and ends smaller. */
function smallerScales(grids: readonly Grid[], passes: (grids: readonly Grid[]) => boolean): string[] {
  const [h, w] = grids.at(-1)!;
  const side = largestSize({ width: w, height: h }, 1, ([width, height]) =>
    passes(grids.map((grid) => [Math.min(grid[0], height), Math.min(grid[1], width)])),
  );
  return side === undefined ? [] : [`grids up to ${side[1]}x${side[0]} would do`];
}

/** Lets a drawing in windows in. @throws OptionError for `size`. */
export function fitTiled(config: ModelConfig, model: CostModel, options: LargeOptions, budget: CostBudget): RunCost {
  const [width, height] = options.size;
  const costOf = (size: Sides): RunCost => model.cost(tiledStages(config, { ...options, size }));
  const cost = costOf(options.size);
  const instead = (fits: Fits): string[] =>
    wouldDo(largestSize({ width, height }, downsampling(config.tokenizer), (size) => fits(costOf(size))));
  checkCost({ param: "size", given: `${width}x${height} in windows`, cost, instead }, budget);
  return cost;
}

/**
 * Lets an edit in; where `options.batchSize` says nothing, as many variants are painted side by side as are by default and fit.
 * @throws OptionError: for refine of the `size`, else of what makes windows large (`whole`, `window`, `scales`) or of the `image`.
 */
export function fitEdit(config: ModelConfig, model: CostModel, plan: EditPlan, budget: CostBudget): RunFit {
  const { options, size, to } = plan;
  const costOf = (batchSize: number, more: Partial<EditPlan> = {}): RunCost =>
    model.cost(editStages(config, { ...plan, ...more, options: { ...(more.options ?? options), batchSize } }));
  const batch = options.batchSize ?? mostInMemory(costOf, VARIANTS, budget);
  const cost = costOf(batch);
  const fewer = () => ["fewer would do"];
  checkBatchCost(batch, costOf, { given: `${batch} side by side`, cost, instead: fewer }, budget);
  const [width, height] = to ?? [size.width, size.height];
  const given = `${width}x${height}`;
  const named = culprit(plan);
  if (named !== undefined) {
    const { whole: _, window: __, scales: ___, ...plain } = options;
    const instead = (fits: Fits) => (fits(costOf(1, { options: plain })) ? [`${given} without ${named} would do`] : []);
    checkCost({ param: named, given, cost, instead }, budget);
  }
  /** Smaller than the picture given: no size to propose. */
  const isSmaller = ([w, h]: Sides): boolean => w < size.width || h < size.height;
  const instead = (fits: Fits): string[] => {
    if (to === undefined) return [];
    const largest = largestSize(
      { width, height },
      downsampling(config.tokenizer),
      (other) => isSmaller(other) || fits(costOf(1, { to: other })),
    );
    return largest === undefined || isSmaller(largest) ? [] : wouldDo(largest);
  };
  checkCost({ param: to === undefined ? "image" : "size", given, cost, instead }, budget);
  return { batch, cost };
}

/** The option that makes windows larger than they would be. */
function culprit({ options }: EditPlan): "whole" | "window" | "scales" | undefined {
  if (options.whole === true) return "whole";
  return options.window !== undefined ? "window" : options.scales !== undefined ? "scales" : undefined;
}
