/** What a command will take, told before it begins: `--memory`, and the estimate in words and as JSON. */
import { type Command, Option } from "commander";
import {
  bytesText,
  type CostBudget,
  type Costs,
  calibrate,
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
import { asUsage } from "./option-flags.ts";
import type { Reporter } from "./reporter.ts";

export interface MemoryFlags {
  readonly memory?: number;
}

/** Share of the memory that there is for this process which a command takes by default. */
const SHARE = 0.75;

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes of a text such as `4GB`, `1.5 GiB` or `500000000`. @throws UsageError naming the flag. */
function memoryBytes(text: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]{0,3})$/i.exec(text.trim());
  const unit = match === null ? undefined : UNITS[match[2]!.toLowerCase()];
  const bytes = unit === undefined ? 0 : Math.floor(Number(match![1]) * unit);
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError(`--memory: expected bytes such as 4GB, 512MiB or 4000000000, got "${text}"`);
}

export function addMemoryFlag(command: Command): Command {
  return command.addOption(
    new Option(
      "--memory <BYTES>",
      "most memory that the process may take, such as 4GB; what would take more is refused before it begins; three quarters of what there is by default",
    )
      .argParser(memoryBytes)
      .helpGroup("Model:"),
  );
}

/** The memory that the flag gives, or the share of what there is. */
export const budgetBytes = ({ memory }: MemoryFlags): number => memory ?? Math.floor(SHARE * availableBytes());

/** Times the opened model. Undefined where another device computes: its memory is not this process's. */
export async function openCosts(pipe: FlexVARPipeline, flags: MemoryFlags): Promise<Costs | undefined> {
  if (pipe.runtime.provider !== "cpu") {
    if (flags.memory !== undefined)
      throw new UsageError(`--memory: expected the device cpu, got ${pipe.runtime.provider}`);
    return undefined;
  }
  const rate = await calibrate(pipe.networks);
  const budget = { memoryBytes: budgetBytes(flags), idleBytes: process.memoryUsage.rss(), rate };
  return { model: createCostModel(pipe.networks.configs), budget: checkedBudget(budget) };
}

/** A budget that holds the opened model. @throws UsageError where it does not. */
export function checkedBudget(budget: CostBudget): CostBudget {
  const { idleBytes, memoryBytes } = budget;
  if (idleBytes < memoryBytes) return budget;
  const taken = `expected more than the ${bytesText(idleBytes)} that the opened model takes`;
  throw new UsageError(`--memory: ${taken}, got ${bytesText(memoryBytes)}`);
}

/** An estimate as `--json` gives it. */
export type EstimateJson = { readonly peak_bytes: number; readonly run_bytes: number; readonly seconds: number };

/** Lets a run in, tells its estimate in one line, and gives it for `--json`. @throws UsageError where it is refused. */
export function estimated<T extends { readonly cost: RunCost }>(
  costs: Costs,
  report: Reporter,
  admit: (costs: Costs) => T,
): T & { readonly json: EstimateJson } {
  const fitted = asUsage(() => admit(costs));
  const { cost } = fitted;
  report.log(costText(cost, costs.budget));
  const json = {
    peak_bytes: Math.round(totalBytes(cost, costs.budget)),
    run_bytes: Math.round(cost.bytes),
    seconds: Math.round(100 * costSeconds(cost, costs.budget.rate)) / 100,
  };
  return { ...fitted, json };
}

/** Lets reading or scoring of a picture's tokens in. A model without a transformer is not timed, and nothing is refused. @throws UsageError naming `--memory` */
export async function fitStages(
  pipe: FlexVARPipeline,
  flags: MemoryFlags,
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
