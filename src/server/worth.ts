/** How much work a job is, in pictures of the size that its model was trained at. */
import { createCostModel, generateStages, type RunCost, resolvePlan } from "../pipelines/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Work } from "./engine.ts";

const flops = ({ transformerFlops, tokenizerFlops }: RunCost): number => transformerFlops + tokenizerFlops;

/** Tells a job's worth, by the pipeline's estimate of its operations; by its pictures where there is none. */
export function worthOf(config: ModelConfig): (work: Work) => number {
  const pictures = (work: Work): number => (work.kind === "draw" ? work.rows.length : work.total);
  if (config.transformer === null) return pictures;
  const one = flops(createCostModel(config).cost(generateStages(resolvePlan(config, {}), 1, 1)));
  return (work) => (work.cost === undefined ? pictures(work) : flops(work.cost) / one);
}
