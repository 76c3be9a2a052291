/** Edits let in or refused, with what would do instead. */
import { downsampling } from "../models/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { CostModel, RunCost } from "./cost.ts";
import { type CostBudget, checkCost, fitsBudget, largestSize } from "./cost-check.ts";
import { type EditPlan, editStages } from "./cost-stages.ts";
import { VARIANTS } from "./passes.ts";

export interface EditFit {
  /** Variants side by side. */
  readonly batch: number;
  readonly cost: RunCost;
}

/**
 * Lets an edit in; where `options.batchSize` says nothing, as many variants are painted side by side as are by default and fit.
 * @throws OptionError: for refine of the `size`, else of what makes windows large (`whole`, `window`, `scales`) or of the `image`.
 */
export function fitEdit(config: ModelConfig, model: CostModel, plan: EditPlan, budget: CostBudget): EditFit {
  const { options, size, to } = plan;
  const memory = { ...budget, seconds: undefined };
  const costOf = (batchSize: number, more: Partial<EditPlan> = {}): RunCost =>
    model.cost(editStages(config, { ...plan, ...more, options: { ...(more.options ?? options), batchSize } }));
  let batch = options.batchSize ?? VARIANTS;
  const isGiven = options.batchSize !== undefined;
  while (!isGiven && batch > 1 && !fitsBudget(costOf(batch), memory)) batch--;
  const cost = costOf(batch);
  if (isGiven && batch > 1 && !fitsBudget(cost, memory) && fitsBudget(costOf(1), memory))
    checkCost({ param: "batchSize", given: `${batch} side by side`, cost, instead: () => ["fewer would do"] }, budget);
  const canvas = to === undefined ? size : { width: to[0], height: to[1] };
  const given = `${canvas.width}x${canvas.height}`;
  const unit = downsampling(config.tokenizer);
  const { whole: _, window: __, scales: ___, ...plain } = options;
  const freed = (fits: (cost: RunCost) => boolean): string[] =>
    fits(costOf(1, { options: plain })) ? [`${given} without ${culprit(plan)} would do`] : [];
  const named = culprit(plan);
  if (named !== undefined) checkCost({ param: named, given, cost, instead: freed }, budget);
  const instead = (fits: (cost: RunCost) => boolean): string[] => {
    if (to === undefined) return [];
    const largest = largestSize(canvas, unit, (smaller) =>
      smaller[0] < size.width || smaller[1] < size.height ? true : fits(costOf(1, { to: smaller })),
    );
    const isLarger = largest !== undefined && largest[0] >= size.width && largest[1] >= size.height;
    return isLarger ? [`${largest[0]}x${largest[1]} would do`] : [];
  };
  checkCost({ param: to === undefined ? "image" : "size", given, cost, instead }, budget);
  return { batch, cost };
}

/** The option that makes windows larger than they would be. */
function culprit({ options }: EditPlan): "whole" | "window" | "scales" | undefined {
  if (options.whole === true) return "whole";
  if (options.window !== undefined) return "window";
  return options.scales === undefined ? undefined : "scales";
}
