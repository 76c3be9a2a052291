/** What a command will take, told before it begins: in words and as JSON. */
import {
  bytesText,
  type CostBudget,
  type Costs,
  calibrateQuickly,
  checkCost,
  costSeconds,
  costText,
  createCostModel,
  type FlexVARPipeline,
  type RunCost,
  type Stage,
  totalBytes,
} from "../pipelines/index.ts";
import { availableBytes } from "../runtime/node.ts";
import { UsageError } from "./errors.ts";
import type { ComputeFlags } from "./flags.ts";
import type { Reporter } from "./reporter.ts";

/** Share of the memory that there is for this process which a command takes by default. */
const SHARE = 0.75;

/** The memory that the flag gives, or the share of what there is. */
export const budgetBytes = ({ memory }: ComputeFlags): number => memory ?? Math.floor(SHARE * availableBytes());

/** Times the opened model or, where it is large, the machine. Undefined where another device computes: its memory is not this process's. */
export async function openCosts(pipe: FlexVARPipeline, flags: ComputeFlags): Promise<Costs | undefined> {
  if (pipe.runtime.provider !== "cpu") {
    if (flags.memory !== undefined)
      throw new UsageError(`--memory: expected the device cpu, got ${pipe.runtime.provider}`);
    return undefined;
  }
  const calibration = await calibrateQuickly(pipe.networks, () => process.memoryUsage.rss());
  const budget = { memoryBytes: budgetBytes(flags), ...calibration };
  return { model: createCostModel(pipe.networks.configs, pipe.networks.dtype), budget: checkedBudget(budget) };
}

/** A budget that holds the opened model. @throws UsageError where it does not. */
export function checkedBudget(budget: CostBudget): CostBudget {
  const { idleBytes, memoryBytes } = budget;
  if (idleBytes < memoryBytes) return budget;
  const taken = `expected more than the ${bytesText(idleBytes)} that the opened model takes`;
  throw new UsageError(`--memory: ${taken}, got ${bytesText(memoryBytes)}`);
}

/** An estimate as `--json` gives it; nothing where there is none. */
export interface EstimateJson {
  readonly estimate?: { readonly peak_bytes: number; readonly run_bytes: number; readonly seconds: number };
}

/** Lets a run in, tells its estimate in one line, and gives it for `--json`. @throws OptionError where it is refused. */
export function estimated<T extends { readonly cost: RunCost }>(
  costs: Costs,
  report: Reporter,
  admit: (costs: Costs) => T,
): T & { readonly json: EstimateJson } {
  const fitted = admit(costs);
  const { cost } = fitted;
  report.log(costText(cost, costs.budget));
  const estimate = {
    peak_bytes: Math.round(totalBytes(cost, costs.budget)),
    run_bytes: Math.round(cost.bytes),
    seconds: Math.round(100 * costSeconds(cost, costs.budget.rate)) / 100,
  };
  return { ...fitted, json: { estimate } };
}

/** Lets reading or scoring of a picture's tokens in. A model without a transformer is not timed, and nothing is refused. @throws OptionError naming `memory` */
export async function fitStages(
  pipe: FlexVARPipeline,
  flags: ComputeFlags,
  report: Reporter,
  given: string,
  stages: readonly Stage[],
): Promise<void> {
  const costs = pipe.config.transformer === null ? undefined : await openCosts(pipe, flags);
  if (costs === undefined) return;
  const instead = (): string[] => ["a smaller picture or fewer tokens would do"];
  estimated(costs, report, ({ model, budget }) => {
    const cost = model.cost(stages);
    checkCost({ param: "memory", given, cost, instead }, budget);
    return { cost };
  });
}
