import { z } from "zod";
import {
  type FilterOptions,
  type GreedyPolicy,
  type GuidanceMix,
  type GuidanceMode,
  guidanceMix,
  isGreedyScale,
  type PerScale,
  parseEntropyTemperature,
  parseGreedy,
  planScales,
  type ScalePlan,
  UNGUIDED,
  valueAt,
} from "../sampling/index.ts";
import { type SamplingField, samplingFields, samplingInfo } from "./fields.ts";
import { styleWeights } from "./style.ts";
import { explain, issueWords } from "./words.ts";

/** An option that cannot be used; `param` names it as the library does. */
export class OptionError extends Error {
  override readonly name = "OptionError";
  readonly param: string;

  constructor(param: string, message: string, options?: ErrorOptions) {
    super(`${param}: ${message}`, options);
    this.param = param;
  }
}

/** Every sampling option, each optional; unknown keys are refused. */
export const samplingSchema = z
  .strictObject(
    Object.fromEntries(
      Object.entries(samplingFields).map(([key, field]) => {
        const { title, description } = samplingInfo[key as SamplingField];
        return [key, field.optional().meta({ title, description })];
      }),
    ) as { [K in SamplingField]: z.ZodOptional<(typeof samplingFields)[K]> },
  )
  .refine((options) => options.steps === undefined || options.scales === undefined, {
    path: ["steps"],
    error: "expected either steps or scales, got both",
  });

/** Options as users give them. */
export type SamplingInput = z.input<typeof samplingSchema>;
/** Options after validation: texts read, sizes as [width, height], scales as grids. */
export type SamplingOptions = z.output<typeof samplingSchema>;

/** Options whose defaults a model's config carries. */
const defaultSamplingSchema = z.strictObject({
  steps: samplingFields.steps.optional(),
  guidance: samplingFields.guidance,
  guidanceMode: samplingFields.guidanceMode,
  guidanceUntil: samplingFields.guidanceUntil.optional(),
  topK: samplingFields.topK,
  topP: samplingFields.topP,
  temperature: samplingFields.temperature,
  entropyTemperature: samplingFields.entropyTemperature.optional(),
  greedy: samplingFields.greedy,
  maxGrid: samplingFields.maxGrid.optional(),
});
export type DefaultSampling = z.output<typeof defaultSamplingSchema>;

/** Defaults of imported (released) checkpoints: the published settings at 256 px. */
export const IMPORTED_DEFAULTS: DefaultSampling = {
  guidance: 2.5,
  guidanceMode: "ramp",
  topK: 900,
  topP: 0.95,
  temperature: 1,
  greedy: "released",
};

/** Defaults of models trained here: the same without the hidden greedy rule. */
export const TRAINED_DEFAULTS: DefaultSampling = { ...IMPORTED_DEFAULTS, greedy: "none" };

const CONFIG_KEYS: Readonly<Record<keyof DefaultSampling, string>> = {
  steps: "steps",
  guidance: "guidance_scale",
  guidanceMode: "guidance_mode",
  guidanceUntil: "guidance_until",
  topK: "top_k",
  topP: "top_p",
  temperature: "temperature",
  entropyTemperature: "entropy_temperature",
  greedy: "greedy",
  maxGrid: "max_grid",
};

/**
 * Reads `default_sampling` of a config.json (snake_case keys: steps, guidance_scale, guidance_mode, guidance_until, top_k, top_p, temperature,
 * entropy_temperature, greedy, max_grid). Missing keys take `fallback`.
 * @throws OptionError naming the key.
 */
export function readDefaultSampling(json: unknown, fallback: DefaultSampling = TRAINED_DEFAULTS): DefaultSampling {
  if (json === undefined || json === null) return fallback;
  if (typeof json !== "object" || Array.isArray(json)) {
    throw new OptionError("default_sampling", `expected an object, got ${JSON.stringify(json)}`);
  }
  const merged: Record<string, unknown> = { ...fallback };
  for (const [key, value] of Object.entries(json)) {
    const field = Object.entries(CONFIG_KEYS).find(([, name]) => name === key)?.[0];
    if (!field) {
      const known = Object.values(CONFIG_KEYS).join(", ");
      throw new OptionError("default_sampling", `expected keys among ${known}, got ${key}`);
    }
    if (value !== null) merged[field] = value;
  }
  return parsed(defaultSamplingSchema, merged);
}

/** The form that {@link readDefaultSampling} reads. */
export function writeDefaultSampling(defaults: DefaultSampling): Record<string, string | PerScale> {
  const entries = Object.entries(defaults).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [CONFIG_KEYS[key as keyof DefaultSampling], value]));
}

/** Validates options. @throws OptionError naming the first wrong one. */
export function parseSampling(input: unknown): SamplingOptions {
  return parsed(samplingSchema, input);
}

/** Validates by a schema; `known` names the keys that an unknown one is answered with. @throws OptionError in words. */
export function parsed<T extends z.ZodType>(
  schema: T,
  input: unknown,
  known: readonly string[] = Object.keys(samplingFields),
): z.output<T> {
  const result = schema.safeParse(input, { error: issueWords });
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    throw new OptionError(issue.keys[0]!, `expected one of ${known.join(", ")}`);
  }
  const { path, message } = explain(issue);
  throw new OptionError(path.length > 0 ? path.join(".") : "options", message, { cause: result.error });
}

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

/** Everything a sampling loop needs, decided. */
export interface ResolvedSampling {
  readonly plan: ScalePlan;
  readonly guidance: PerScale;
  readonly guidanceMode: GuidanceMode;
  /** Base size of a grid from which on guidance is off. */
  readonly guidanceUntil: number | "none";
  /** Per step: logits = a·cond + b·uncond. */
  readonly mixes: readonly GuidanceMix[];
  readonly topK: PerScale;
  readonly topP: PerScale;
  readonly temperature: PerScale;
  /** As `parseEntropyTemperature` reads it. */
  readonly entropyTemperature: string;
  /** Per step: what may be drawn. */
  readonly filters: readonly FilterOptions[];
  readonly greedy: GreedyPolicy;
  /** Per step: true where the likeliest token is taken. */
  readonly greedySteps: readonly boolean[];
  readonly maxGrid: number;
  readonly forbid: readonly number[];
  readonly seed: number;
  readonly count: number;
  /** As given; names are looked up where labels are known. */
  readonly classLabels: readonly (number | string)[];
  /** As given, or `none`. */
  readonly style: string;
  /** A weight for every style of the model; empty where none is told. */
  readonly styleWeights: readonly number[];
}

/** What of a run's settings the sampler follows. */
export type Drawing = Pick<ResolvedSampling, "plan" | "mixes" | "greedySteps" | "filters" | "forbid" | "styleWeights">;

/**
 * Decides every setting of a run: options first, then the model's defaults.
 * @throws OptionError in words for options that are out of range or contradict each other or the model.
 */
export function resolveSampling(input: SamplingInput, model: SamplingModel): ResolvedSampling {
  const options = parseSampling(input);
  const { defaults, factor, trainedSide, vocabSize } = model;
  const plan = worded(() =>
    planScales({
      factor,
      trainedSide,
      steps: options.steps,
      defaultSteps: defaults.steps,
      table: options.stepTable,
      scales: options.scales,
      sizePx: options.size && { width: options.size[0], height: options.size[1] },
    }),
  );
  const steps = plan.grids.length;
  const style = options.style ?? "none";
  const guidance = options.guidance ?? defaults.guidance;
  const guidanceMode = options.guidanceMode ?? defaults.guidanceMode;
  const guidanceUntil = options.guidanceUntil ?? defaults.guidanceUntil ?? "none";
  const entropyTemperature = options.entropyTemperature ?? defaults.entropyTemperature ?? "none";
  const entropy = parseEntropyTemperature(entropyTemperature);
  const maxGrid = options.maxGrid ?? defaults.maxGrid ?? trainedSide;
  const greedy = parseGreedy(options.greedy ?? defaults.greedy);
  const mixes = plan.baseSizes.map((baseSize, step) =>
    guidanceUntil !== "none" && baseSize >= guidanceUntil
      ? UNGUIDED
      : guidanceMix(guidanceMode, valueAt(guidance, step, steps), { step, steps, baseSize, maxGrid }),
  );
  const topK = options.topK ?? defaults.topK;
  const topP = options.topP ?? defaults.topP;
  const temperature = options.temperature ?? defaults.temperature;
  const filters = plan.grids.map((_, step) => ({
    topK: Math.round(valueAt(topK, step, steps)),
    topP: valueAt(topP, step, steps),
    temperature: valueAt(temperature, step, steps),
    ...(entropy !== undefined && { entropy }),
  }));
  const greedySteps = plan.grids.map((grid, i) =>
    worded(() => isGreedyScale(greedy, { grid, baseSize: plan.baseSizes[i]!, trainedSide, maxGrid })),
  );
  const forbid = [...new Set(options.forbid ?? [])].sort((a, b) => a - b);
  if (forbid.length > 0 && forbid.at(-1)! >= vocabSize) {
    throw new OptionError("forbid", `expected code ids from 0 to ${vocabSize - 1}, got ${forbid.at(-1)}`);
  }
  if (forbid.length >= vocabSize) throw new OptionError("forbid", `expected a code left to draw, got all ${vocabSize}`);
  return {
    plan,
    guidance,
    guidanceMode,
    guidanceUntil,
    mixes,
    topK,
    topP,
    temperature,
    entropyTemperature,
    filters,
    greedy,
    greedySteps,
    maxGrid,
    forbid,
    seed: options.seed ?? 0,
    count: options.count ?? 1,
    classLabels: options.classLabels ?? [],
    style,
    styleWeights: worded(() => styleWeights(style, model.styles ?? [])),
  };
}

/** What the sampler follows, alone. */
export const drawing = ({ plan, mixes, greedySteps, filters, forbid, styleWeights }: Drawing): Drawing => ({
  plan,
  mixes,
  greedySteps,
  filters,
  forbid,
  styleWeights,
});

/** Turns the `name: words` errors of the sampling functions into {@link OptionError}. */
function worded<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    const match = error instanceof RangeError ? /^(\w+): ([\s\S]*)$/.exec(error.message) : null;
    if (!match) throw error;
    throw new OptionError(match[1]!, match[2]!, { cause: error });
  }
}
