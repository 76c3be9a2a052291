/** Sampling options decided for a model: options first, then the model's defaults, then the table's. */
import type { z } from "zod";
import { OptionError } from "../errors/index.ts";
import {
  type FilterOptions,
  formatGreedy,
  type GuidanceWeights,
  guidanceWeights,
  isGreedyScale,
  parseEntropyTemperature,
  parseGreedy,
  planScales,
  type ScalePlan,
  UNGUIDED,
  valueAt,
} from "../sampling/index.ts";
import type { DefaultSampling } from "./defaults.ts";
import { parseSampling, pick, type SamplingInput, type SamplingOptions } from "./parse.ts";
import { styleWeights } from "./style.ts";
import { type ConfigOption, FILTER_OPTIONS, type FilterOption, type Options, rowOf, SAMPLING_FIELDS } from "./table.ts";

/** What resolving needs to know of a model. */
export interface SamplingModel {
  /** Pixels per token along a side. */
  readonly factor: number;
  /** Side of the largest grid trained on, G. */
  readonly trainedSide: number;
  /** Codebook size V. */
  readonly vocabSize: number;
  readonly defaults: DefaultSampling;
  /** Names of the styles that can be told. */
  readonly styles?: readonly string[] | undefined;
}

/** Options that have a value in every run. */
type Decided = Exclude<ConfigOption, "steps"> | "style" | "count" | "seed";
const DECIDED = SAMPLING_FIELDS.filter(
  (name) => name !== "steps" && (rowOf(name).config !== undefined || rowOf(name).default !== undefined),
) as readonly Decided[];

/** Everything a sampling loop needs, decided: the options, and what follows from them. */
export type ResolvedSampling = { readonly [N in Decided]: z.output<Options[N]["schema"]> } & {
  readonly plan: ScalePlan;
  /** Per step: logits = a·cond + b·uncond. */
  readonly guidanceWeights: readonly GuidanceWeights[];
  /** Per step: what may be drawn. */
  readonly filters: readonly FilterOptions[];
  /** Per step: true where the likeliest token is taken. */
  readonly greedySteps: readonly boolean[];
  /** Code ids that are never drawn, in order. */
  readonly forbid: readonly number[];
  /** As given; names are looked up where labels are known. */
  readonly classLabels: readonly (number | string)[];
  /** A weight for every style of the model; empty where none is told. */
  readonly styleWeights: readonly number[];
};

/** What of a run's settings the sampler follows. */
export type Drawing = Pick<ResolvedSampling, (typeof DRAWN)[number]>;
const DRAWN = ["plan", "guidanceWeights", "greedySteps", "filters", "forbid", "styleWeights"] as const;

/**
 * Decides every setting of a run.
 * @throws OptionError in words for options that are out of range or contradict each other or the model.
 */
export function resolveSampling(input: SamplingInput, model: SamplingModel): ResolvedSampling {
  const given = parseSampling(input);
  const { factor, trainedSide } = model;
  const decided = decide(given, model);
  const plan = planScales({
    factor,
    trainedSide,
    steps: given.steps,
    defaultSteps: model.defaults.steps,
    table: given.stepTable,
    scales: given.scales,
    sizePx: given.size && { width: given.size[0], height: given.size[1] },
  });
  const greedy = parseGreedy(decided.greedy);
  return {
    ...decided,
    greedy: formatGreedy(greedy),
    plan,
    guidanceWeights: weightsOf(plan, decided),
    filters: filtersOf(plan, decided),
    greedySteps: plan.grids.map((grid, i) =>
      isGreedyScale(greedy, { grid, baseSize: plan.baseSizes[i]!, trainedSide, maxGrid: decided.maxGrid }),
    ),
    forbid: forbidden(given.forbid ?? [], model.vocabSize),
    classLabels: given.classLabels ?? [],
    styleWeights: styleWeights(decided.style, model.styles ?? []),
  };
}

/** Every option that has a value in every run. */
function decide(given: SamplingOptions, { defaults, trainedSide }: SamplingModel): Pick<ResolvedSampling, Decided> {
  const usual = Object.fromEntries(
    DECIDED.map((name) => [name, given[name] ?? defaults[name as ConfigOption] ?? rowOf(name).default]),
  ) as Pick<ResolvedSampling, Decided>;
  return { ...usual, maxGrid: usual.maxGrid ?? trainedSide };
}

function weightsOf(
  { baseSizes }: ScalePlan,
  { guidance, guidanceMode, guidanceUntil, maxGrid }: Pick<ResolvedSampling, Decided>,
): readonly GuidanceWeights[] {
  const steps = baseSizes.length;
  return baseSizes.map((baseSize, step) =>
    guidanceUntil !== "none" && baseSize >= guidanceUntil
      ? UNGUIDED
      : guidanceWeights(guidanceMode, valueAt(guidance, step, steps), { step, steps, baseSize, maxGrid }),
  );
}

function filtersOf({ grids }: ScalePlan, decided: Pick<ResolvedSampling, Decided>): readonly FilterOptions[] {
  const entropy = parseEntropyTemperature(decided.entropyTemperature);
  return grids.map((_, step) => {
    const values = FILTER_OPTIONS.map((name) => [name, valueAt(decided[name], step, grids.length)] as const);
    const filter = Object.fromEntries(values) as Required<Pick<FilterOptions, FilterOption>>;
    // Between two ends a number of tokens need not be whole.
    return { ...filter, topK: Math.round(filter.topK), ...(entropy !== undefined && { entropy }) };
  });
}

function forbidden(ids: readonly number[], vocabSize: number): readonly number[] {
  const forbid = [...new Set(ids)].sort((a, b) => a - b);
  if (forbid.length > 0 && forbid.at(-1)! >= vocabSize)
    throw new OptionError("forbid", `code ids from 0 to ${vocabSize - 1}`, forbid.at(-1));
  if (forbid.length >= vocabSize) throw new OptionError("forbid", "a code left to draw", `all ${vocabSize}`);
  return forbid;
}

/** What the sampler follows, alone. */
export const drawing = (from: Drawing): Drawing => pick(DRAWN, from) as Drawing;
