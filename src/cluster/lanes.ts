/** Which lane a job takes, and what front ends check work with that they do not carry out. */
import { type Costs, createCostModel } from "../pipelines/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import { type Order, type ServedModel, worthOf } from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import type { Lane } from "./layout.ts";
import { workersOf } from "./registry.ts";

/** A job that takes as much as so many pictures of the trained size is large. */
const SMALL_PICTURES = 4;
/** How often the workers are looked at, in ms. */
const LOOK_MS = 5000;

/** Sorts orders of a model into lanes, by the pipeline's estimate of what they take. */
export function lanesOf(config: ModelConfig): (order: Order) => Lane {
  const worth = worthOf(config);
  return ({ work }) => (work.cost !== undefined && worth(work) > SMALL_PICTURES ? "large" : "small");
}

/** What work of a model is checked with at a front end. */
export interface ClusterCosts {
  /** The least that a worker of the model has, as far as is known. */
  readonly costs: Costs | undefined;
  /** Ends looking at the workers. */
  stop(): void;
}

/** The slowest of each: any worker may get the work. */
function slowest(budgets: readonly { readonly rate: Costs["budget"]["rate"] }[]): Costs["budget"]["rate"] {
  const rates = budgets.map(({ rate }) => rate);
  return {
    transformer: Math.min(...rates.map(({ transformer }) => transformer)),
    tokenizer: Math.min(...rates.map(({ tokenizer }) => tokenizer)),
    call: Math.max(...rates.map(({ call }) => call)),
  };
}

interface LookOptions {
  readonly cluster: Cluster;
  readonly model: Pick<ServedModel, "name" | "hash" | "config">;
  /** Longest that a job may take. */
  readonly seconds: number;
  /** Is told when the model's first worker comes, and when its last one goes. */
  readonly onMessage?: ((line: string) => void) | undefined;
}

/** Looks at the workers of a model now and again: what the least of them can do is what may be asked for. */
export function clusterCosts({ cluster, model: served, seconds, onMessage }: LookOptions): ClusterCosts {
  const { name, hash, config } = served;
  const model = config.transformer === null ? undefined : createCostModel(config);
  const rate = { transformer: Number.POSITIVE_INFINITY, tokenizer: Number.POSITIVE_INFINITY, call: 0 };
  const boundless = { memoryBytes: Number.POSITIVE_INFINITY, idleBytes: 0, rate, seconds };
  let costs: Costs | undefined = model && { model, budget: boundless };
  let count: number | undefined;
  const look = async (): Promise<void> => {
    const cards = (await workersOf(cluster)).filter((worker) => worker.model.hash === hash);
    if (cards.length === 0 && count !== 0)
      onMessage?.(`no worker of ${name} (${hash}) is there: jobs wait for one (flexvar worker --cluster … --model …)`);
    if (cards.length > 0 && count === 0) onMessage?.(`a worker of ${name} is there`);
    count = cards.length;
    if (model === undefined) return;
    const budgets = cards.flatMap(({ budget }) => (budget === undefined ? [] : [budget]));
    const least = budgets.sort((a, b) => a.memoryBytes - a.idleBytes - (b.memoryBytes - b.idleBytes))[0];
    costs = { model, budget: least === undefined ? boundless : { ...least, rate: slowest(budgets), seconds } };
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
