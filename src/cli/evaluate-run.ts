/** The four ways of an evaluation: sets, pairs, a tokenizer, a model that draws its own set. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EvaluateOptions, EvaluationResult, Tokenizer } from "../evaluate/index.ts";
import { readInput, userCache } from "../files/index.ts";
import { planarToRgb, rgbToPlanar } from "../image/index.ts";
import { parseJson } from "../json/index.ts";
import type { SamplingInput } from "../options/index.ts";
import type { Running } from "./command.ts";
import { type MemoryFlags, openCosts } from "./cost.ts";
import { UsageError } from "./errors.ts";
import { findFeatures, openFeatureSource } from "./evaluate-features.ts";
import type { ComputeFlags } from "./flags.ts";
import { modelHash } from "./identity.ts";
import type { JudgingFlags } from "./judging-flags.ts";
import { findModel, openModel, shownPath } from "./model.ts";
import { samplingInput } from "./option-flags.ts";
import { codeDigest } from "./package.ts";
import { drawSet, planSet } from "./sample-set.ts";

export interface EvaluateFlags extends JudgingFlags, ComputeFlags, MemoryFlags {
  readonly against?: string;
  readonly samples?: string;
  readonly total: number;
  readonly batch?: number;
  readonly tokenizer?: string;
  readonly reconstruction?: boolean;
  readonly cache?: string;
  readonly saveStatistics?: string;
  readonly baseline?: string;
  readonly out?: string;
}

/** Carries an evaluation out, and that of the baseline where one is named. */
export async function runEvaluation(
  args: readonly (string | undefined)[],
  flags: EvaluateFlags,
  running: Running,
): Promise<{ result: EvaluationResult; before: EvaluationResult | undefined }> {
  const [a, b] = args;
  const input = samplingInput({ ...flags });
  if (flags.against !== undefined) {
    if (a !== undefined) throw new UsageError(`A: expected none with --against, got "${a}"`);
    const { against } = flags;
    const folder = findModel(flags.model);
    const place = findFeatures(flags, folder);
    const judged = (model: string, wanted: SamplingInput, samples: string | undefined) =>
      judgeModel(model, wanted, samples, against, place, flags, running);
    const before = await baseline(flags, (model) => judged(model, seedOf(input), undefined));
    return { result: await judged(folder, input, flags.samples), before };
  }
  for (const flag of ["model", "samples"] as const)
    if (flags[flag] !== undefined) throw new UsageError(`--${flag}: expected it with --against only`);
  const drawing = Object.keys(input).filter((name) => name !== "seed");
  if (drawing.length > 0) throw new UsageError(`--${drawing[0]}: expected it with --against only: nothing is drawn`);
  const before = await baseline(flags);
  const seed = input.seed;
  if (flags.tokenizer !== undefined) {
    if (a === undefined || b !== undefined)
      throw new UsageError("B: expected one set of pictures with --tokenizer, whose reconstructions are judged");
    return { result: await judgeTokenizer(flags.tokenizer, a, seed, flags, running), before };
  }
  if (a === undefined || b === undefined)
    throw new UsageError("A, B: expected pictures to judge and a reference, or --against, or --tokenizer");
  if (flags.reconstruction === true) {
    const place = flags.features === undefined ? undefined : findFeatures(flags);
    const { evaluateReconstructions } = await import("../evaluate/index.ts");
    return {
      result: await withOptions(place, seed, flags, running, (options) => evaluateReconstructions(a, b, options)),
      before,
    };
  }
  const place = await featuresOf(a, b, flags);
  return { result: await judgeSets(a, b, place, seed, flags, running), before };
}

const seedOf = ({ seed }: SamplingInput): SamplingInput => (seed === undefined ? {} : { seed });

/** Two files of statistics are compared as they are; whatever has pictures to turn into features names a network. */
async function featuresOf(a: string, b: string, flags: EvaluateFlags): Promise<string | undefined> {
  const { needsFeatures } = await import("../evaluate/index.ts");
  const named = flags.features ?? flags.weights ?? flags.resize;
  return named !== undefined || (await needsFeatures(a, b, flags.metrics)) ? findFeatures(flags) : undefined;
}

async function judgeSets(
  a: string,
  b: string,
  place: string | undefined,
  seed: number | undefined,
  flags: EvaluateFlags,
  running: Running,
): Promise<EvaluationResult> {
  const { evaluateSets } = await import("../evaluate/index.ts");
  const { metrics, saveStatistics } = flags;
  const cache = join(flags.cache ?? userCache(), "features");
  return withOptions(place, seed, flags, running, (options) =>
    evaluateSets(a, b, { ...options, metrics, cache, saveStatistics }),
  );
}

/** Draws a set (or goes on with one) and judges it. */
async function judgeModel(
  folder: string,
  input: SamplingInput,
  samples: string | undefined,
  against: string,
  place: string,
  flags: EvaluateFlags,
  running: Running,
): Promise<EvaluationResult> {
  const { expectInput } = await import("../evaluate/index.ts");
  await expectInput(against, flags.split);
  const pipe = await openModel(folder, flags, running.report);
  let file: string;
  try {
    const { total, batch } = flags;
    const costs = await openCosts(pipe, flags);
    const plan = await planSet(pipe, { total, input, folder, batch, costs, report: running.report });
    const key = createHash("sha256")
      .update(plan.settings)
      .update(await codeDigest());
    file = samples ?? join(flags.cache ?? userCache(), "samples", `${key.digest("hex").slice(0, 16)}.npz`);
    running.report.log(`samples of ${shownPath(folder)} in ${shownPath(file)}`);
    await drawSet(pipe, file, plan, running);
  } finally {
    await pipe.dispose();
  }
  return judgeSets(file, against, place, input.seed, flags, running);
}

async function judgeTokenizer(
  named: string,
  data: string,
  seed: number | undefined,
  flags: EvaluateFlags,
  running: Running,
): Promise<EvaluationResult> {
  const { evaluateTokenizer } = await import("../evaluate/index.ts");
  const folder = findModel(named);
  const place = flags.features === undefined ? undefined : findFeatures(flags);
  const pipe = await openModel(folder, flags, running.report);
  try {
    const tokenizer: Tokenizer = {
      path: folder,
      hash: await modelHash(folder),
      codebookSize: pipe.config.tokenizer.codebookSize,
      async reconstruct(picture) {
        const { width, height } = picture;
        const scales = await pipe.encode(rgbToPlanar([picture]), [[height / pipe.factor, width / pipe.factor]]);
        return { made: planarToRgb(await pipe.decode(scales[0]!), 0), tokens: scales[0]!.tokens };
      },
    };
    return await withOptions(place, seed, flags, running, (options) => evaluateTokenizer(tokenizer, data, options));
  } finally {
    await pipe.dispose();
  }
}

/** Opens what every way needs, and closes it. */
async function withOptions(
  place: string | undefined,
  seed: number | undefined,
  flags: EvaluateFlags,
  { report, signal }: Running,
  use: (options: EvaluateOptions) => Promise<EvaluationResult>,
): Promise<EvaluationResult> {
  const { doubleProducts } = await import("../evaluate/index.ts");
  const { env } = await import("onnxruntime-common");
  const { version } = await import("../../package.json");
  const product = await doubleProducts(flags.threads);
  const extractor = place === undefined ? undefined : await openFeatureSource(place, flags);
  try {
    if (extractor !== undefined) report.log(`features: ${extractor.name}`);
    return await use({
      extractor,
      product,
      size: flags.at,
      split: flags.split,
      bootstrap: flags.bootstrap,
      seed,
      versions: { flexvar: version, onnxruntime: env.versions.common, code: await codeDigest() },
      onWarning: (warning) => report.log(`warning: ${warning}`),
      onProgress: (done, total, what) => report.progress(done, total, what),
      signal,
    });
  } finally {
    await extractor?.close();
  }
}

/** An earlier evaluation: a file of `--json` or `--out`, or a model to be judged first. */
async function baseline(
  { baseline: named }: EvaluateFlags,
  judgeModel?: (folder: string) => Promise<EvaluationResult>,
): Promise<EvaluationResult | undefined> {
  if (named === undefined) return undefined;
  if (!named.endsWith(".json")) {
    if (judgeModel !== undefined) return judgeModel(findModel(named));
    throw new UsageError(`--baseline: expected a .json file of an earlier evaluation, got "${named}"`);
  }
  if (!existsSync(named)) throw new UsageError(`--baseline: expected a file, got "${named}" (no such file)`);
  return readResult(named);
}

async function readResult(path: string): Promise<EvaluationResult> {
  const value = parseJson(await readInput(path, "evaluation"), path);
  const { isEvaluationResult } = await import("../evaluate/index.ts");
  if (isEvaluationResult(value)) return value;
  throw new Error(
    `${path}: expected what \`flexvar evaluate\` prints with --json or writes with --out, got other JSON`,
  );
}
