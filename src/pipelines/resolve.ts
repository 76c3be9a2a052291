/** Options of a generation decided for a model, from its configuration alone. */
import { ExpectedError, OptionError } from "../errors/index.ts";
import { downsampling } from "../models/index.ts";
import { pick, type ResolvedSampling, resolveSampling, SAMPLING_FIELDS, type SamplingInput } from "../options/index.ts";
import { type ClassPick, classPicksOf, type ModelConfig } from "../pretrained/index.ts";
import { gridTokens, type ScalePlan } from "../sampling/index.ts";
import { transformerOf } from "./programs.ts";

export interface GenerateOptions extends SamplingInput {
  /** Stops between scales: the generator throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Most pictures sampled side by side; more are done batch after batch. 8 by default, fewer where grids are large. */
  readonly batchSize?: number | undefined;
  /** Number of the first picture within each class: `count` pictures from there; 0 by default. */
  readonly firstIndex?: number | undefined;
}

/** A run's settings, with what its classes and groups are. */
export type ResolvedRun = ResolvedSampling & { readonly picks: readonly ClassPick[] };

/** Most pictures side by side by default, and the tokens of a scale that they may have together: 8 of 16×16, 2 of 32×32. */
const DEFAULT_BATCH = 8;
const DEFAULT_BATCH_TOKENS = 2048;

/** Every setting of a run decided but its classes. @throws OptionError in words. */
export function resolvePlan(config: ModelConfig, options: GenerateOptions): ResolvedSampling {
  const { transformer, tokenizer, trainedSide, defaultSampling, styles } = config;
  if (transformer === null)
    throw new ExpectedError("model: expected a transformer to generate with, got a tokenizer alone");
  const { signal: _signal, batchSize: _batchSize, firstIndex = 0, ...sampling } = options;
  if (!Number.isSafeInteger(firstIndex) || firstIndex < 0)
    throw new OptionError("firstIndex", "a whole number of at least 0", firstIndex);
  return resolveSampling(sampling, {
    factor: downsampling(tokenizer),
    trainedSide,
    vocabSize: transformer.codebookSize,
    defaults: defaultSampling,
    styles,
  });
}

/** Every setting of a run decided, with its classes looked up. @throws OptionError in words. */
export function resolveRun(config: ModelConfig, options: GenerateOptions): ResolvedRun {
  const resolved = resolvePlan(config, options);
  const { numClasses } = transformerOf(config);
  if (resolved.classLabels.length === 0) throw new OptionError("classLabels", "at least one class", "none");
  return { ...resolved, picks: classPicksOf(resolved.classLabels, config, numClasses) };
}

const PICKED = [...SAMPLING_FIELDS.filter((name) => name !== "size" && name !== "classLabels"), "signal", "firstIndex"];

/** Of a task's options those of sampling, without class and size. */
export const pickSampling = (options: object): Omit<GenerateOptions, "classLabels"> =>
  pick(PICKED, options as Readonly<Record<string, unknown>>);

/** Pictures side by side where nobody says how many. */
export function defaultBatch({ grids }: Pick<ScalePlan, "grids">): number {
  const largest = Math.max(...grids.map(gridTokens));
  return Math.min(DEFAULT_BATCH, Math.max(1, Math.floor(DEFAULT_BATCH_TOKENS / largest)));
}

/** Most memory for the attention scores of one picture's largest scale, which grow with the square of its tokens. */
const MOST_SCORE_BYTES = 16 * 2 ** 30;

/** What a run that nobody let in (`fitGenerate`) may take at most. @throws OptionError for `size`. */
export function checkScores({ grids, sizePx }: ScalePlan, heads: number): void {
  let seen = 0;
  for (const grid of grids) {
    const tokens = gridTokens(grid);
    seen += tokens;
    // Two rows under guidance, four bytes a score.
    const bytes = 2 * heads * tokens * seen * 4;
    if (bytes <= MOST_SCORE_BYTES) continue;
    const gigabytes = (n: number): string => `${Math.round(n / 2 ** 30)} GiB`;
    throw new OptionError(
      "size",
      `a size whose attention takes at most ${gigabytes(MOST_SCORE_BYTES)}`,
      `${sizePx.width}x${sizePx.height} with ${tokens} tokens in a scale (${gigabytes(bytes)}); choose a smaller size`,
    );
  }
}
