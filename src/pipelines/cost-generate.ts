/** Drawing let in or refused, with what would do instead: one rule for all front ends. */
import { downsampling } from "../models/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import { formatScales, type Grid } from "../sampling/index.ts";
import type { CostModel, RunCost } from "./cost.ts";
import { type CostBudget, checkCost, fitsBudget, largestSize } from "./cost-check.ts";
import { generateStages, largeStages } from "./cost-stages.ts";
import type { LargeOptions } from "./large.ts";
import { defaultBatch, type GenerateOptions, pickSampling, type ResolvedRun, resolvePlan } from "./resolve.ts";

export interface GenerateFit {
  /** Pictures side by side. */
  readonly batch: number;
  readonly cost: RunCost;
}

/** Settings that a cost follows from. */
type Planned = Pick<ResolvedRun, "plan" | "guidanceWeights">;

/** The most pictures side by side that a budget allows of at most `most`; one at least. */
export function fittingBatch(model: CostModel, planned: Planned, most: number, budget: CostBudget): number {
  let batch = most;
  // Time does not depend on the batch.
  const memory = { ...budget, seconds: undefined };
  while (batch > 1 && !fitsBudget(model.cost(generateStages(planned, batch, batch)), memory)) batch--;
  return batch;
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
  extra: { readonly decoded?: readonly number[] | undefined; readonly heldBytes?: number } = {},
): GenerateFit {
  const held = { kind: "hold", bytes: extra.heldBytes ?? 0 } as const;
  const costOf = (planned: Planned, batch: number): RunCost =>
    model.cost([held, ...generateStages(planned, total, Math.min(batch, total), extra.decoded)]);
  const planned = resolvePlan(config, options);
  const least = { ...budget, seconds: undefined };
  const batch = options.batchSize ?? fittingBatch(model, planned, Math.min(total, defaultBatch(planned.plan)), least);
  const cost = costOf(planned, batch);
  const { width, height } = planned.plan.sizePx;
  if (batch > 1 && !fitsBudget(cost, least) && fitsBudget(costOf(planned, 1), least)) {
    const most = fittingBatch(model, planned, batch, least);
    checkCost(
      {
        param: "batchSize",
        given: `${batch} of ${width}x${height} side by side`,
        cost,
        instead: () => [`${most} would do`],
      },
      budget,
    );
  }
  if (options.scales !== undefined) {
    const given = formatScales(planned.plan.grids);
    checkCost(
      {
        param: "scales",
        given: given.length > 60 ? `${given.slice(0, 60)}…` : given,
        cost,
        instead: (fits) =>
          smallerScales(planned.plan.grids, (grids) =>
            fits(costOf({ ...planned, plan: { ...planned.plan, grids } }, 1)),
          ),
      },
      budget,
    );
    return { batch, cost };
  }
  const instead = (fits: (cost: RunCost) => boolean): string[] => {
    const sized = (size: readonly [number, number]): boolean =>
      fits(costOf(resolvePlan(config, { ...options, size: [size[0], size[1]] }), 1));
    const largest = largestSize({ width, height }, downsampling(config.tokenizer), sized);
    const windowed = {
      ...pickSampling(options),
      classLabels: options.classLabels ?? [0],
      size: [width, height],
    } satisfies LargeOptions;
    const inWindows = fits(model.cost(largeStages(config, windowed)));
    return [
      ...(largest === undefined ? [] : [`${largest[0]}x${largest[1]} would do`]),
      ...(inWindows ? ["the same size in windows (large)"] : []),
    ];
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
export function fitLarge(config: ModelConfig, model: CostModel, options: LargeOptions, budget: CostBudget): RunCost {
  const [width, height] = options.size;
  const costOf = (size: readonly [number, number]): RunCost => model.cost(largeStages(config, { ...options, size }));
  const cost = costOf(options.size);
  const instead = (fits: (cost: RunCost) => boolean): string[] => {
    const largest = largestSize({ width, height }, downsampling(config.tokenizer), (size) => fits(costOf(size)));
    return largest === undefined ? [] : [`${largest[0]}x${largest[1]} would do`];
  };
  checkCost({ param: "size", given: `${width}x${height} in windows`, cost, instead }, budget);
  return cost;
}
