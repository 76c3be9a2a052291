/** Which lane a job takes, and what front ends check work with that they do not carry out. */
import { type Costs, createCostModel, generateStages, type RunCost, resolvePlan } from "../pipelines/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Order } from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import type { Lane } from "./layout.ts";
import { workersOf } from "./registry.ts";

/** A job that takes as much as so many pictures of the trained size is large. */
const SMALL_PICTURES = 4;
/** How often the workers are looked at, in ms. */
const LOOK_MS = 5000;

const flops = ({ transformerFlops, tokenizerFlops }: RunCost): number => transformerFlops + tokenizerFlops;

/** Sorts orders of a model into lanes, by the pipeline's estimate of what they take. */
export function lanesOf(config: ModelConfig): (order: Order) => Lane {
  if (config.transformer === null) return () => "small";
  const one = flops(createCostModel(config).cost(generateStages(resolvePlan(config, {}), 1, 1)));
  return ({ work }) => (work.cost !== undefined && flops(work.cost) > SMALL_PICTURES * one ? "large" : "small");
}

/** What work of a model is checked with at a front end. */
export interface ClusterCosts {
  /** The least that a worker of the model has, as far as is known. */
  readonly costs: Costs | undefined;
  /** Ends looking at the workers. */
  stop(): void;
}

/** Looks at the workers of a model now and again: what the least of them can do is what may be asked for. */
export function clusterCosts(cluster: Cluster, config: ModelConfig, hash: string, seconds: number): ClusterCosts {
  if (config.transformer === null) return { costs: undefined, stop: () => undefined };
  const model = createCostModel(config);
  const rate = { transformer: Number.POSITIVE_INFINITY, tokenizer: Number.POSITIVE_INFINITY, call: 0 };
  const unknown: Costs = { model, budget: { memoryBytes: Number.POSITIVE_INFINITY, idleBytes: 0, rate, seconds } };
  let costs = unknown;
  const look = async (): Promise<void> => {
    const budgets = (await workersOf(cluster))
      .filter((worker) => worker.model.hash === hash)
      .flatMap(({ budget }) => (budget === undefined ? [] : [budget]));
    const least = budgets.sort((a, b) => a.memoryBytes - a.idleBytes - (b.memoryBytes - b.idleBytes))[0];
    costs = least === undefined ? unknown : { model, budget: { ...least, seconds } };
  };
  const tryLook = (): void => void look().catch(() => undefined);
  tryLook();
  const timer = setInterval(tryLook, LOOK_MS).unref();
  return {
    get costs() {
      return costs;
    },
    stop: () => clearInterval(timer),
  };
}
