/** The four ways of an evaluation: sets, pairs, a tokenizer, a model that draws its own set. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { env } from "onnxruntime-common";
import { version } from "../../package.json";
import { FileError } from "../errors/index.ts";
import {
  doubleProducts,
  type EvaluateOptions,
  type EvaluationResult,
  evaluateReconstructions,
  evaluateSets,
  evaluateTokenizer,
  expectInput,
  type FeatureExtractor,
  isEvaluationResult,
  needsFeatures,
} from "../evaluate/index.ts";
import { readInput, userCache } from "../files/index.ts";
import { planarToRgb, rgbToPlanar } from "../image/index.ts";
import { parseJson } from "../json/index.ts";
import type { SamplingInput } from "../options/index.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import type { Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { findFeatures, openFeatureSource } from "./evaluate-features.ts";
import { type ComputeFlags, samplingInput } from "./flags.ts";
import { codeDigest, modelHash } from "./identity.ts";
import type { JudgingFlags } from "./judging-flags.ts";
import { findModel, shownPath, withModel } from "./model.ts";
import { DRAWS_ALONE, expectAlone, withDrawer } from "./set-drawer.ts";
import { drawnFeatures, type WantedFeatures } from "./set-features.ts";

export interface EvaluateFlags extends JudgingFlags, ComputeFlags, ClusterFlags {
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
  [a, b]: readonly (string | undefined)[],
  flags: EvaluateFlags,
  running: Running,
): Promise<{ result: EvaluationResult; before: EvaluationResult | undefined }> {
  const input = samplingInput(flags);
  const { seed } = input;
  const { against } = flags;
  expectAlone(flags, DRAWS_ALONE);
  if (against !== undefined) {
    if (a !== undefined) throw new UsageError(`A: expected none with --against, got "${a}"`);
    const folder = findModel(flags.model);
    const place = findFeatures(flags, folder);
    const judged = async (model: string, wanted: SamplingInput, samples?: string) => {
      await expectInput(against, flags.split);
      const draw = (extractor?: FeatureExtractor) => drawnSet(model, wanted, samples, flags, running, extractor);
      if (flags.cluster !== undefined)
        return withOptions(place, seed, flags, running, async (options) =>
          judgeDrawn(await draw(options.extractor), against, flags, options),
        );
      // What draws is closed before what judges is opened.
      const { file } = await draw();
      return withOptions(place, seed, flags, running, judgeSets(file, against, flags));
    };
    const before = await baseline(flags, (model) => judged(model, seed === undefined ? {} : { seed }));
    return { result: await judged(folder, input, flags.samples), before };
  }
  // A cluster that the environment names need not be used.
  for (const flag of ["model", "samples", "cluster"] as const)
    if (flags[flag] !== undefined && flags[flag] !== process.env.FLEXVAR_CLUSTER)
      throw new UsageError(`--${flag}: expected it with --against only`);
  const drawing = Object.keys(input).filter((name) => name !== "seed");
  if (drawing.length > 0) throw new UsageError(`--${drawing[0]}: expected it with --against only: nothing is drawn`);
  const before = await baseline(flags);
  const { use, needs } = await wayOf(a, b, flags, running);
  return { result: await withOptions(needs ? findFeatures(flags) : undefined, seed, flags, running, use), before };
}

type Way = (options: EvaluateOptions) => Promise<EvaluationResult>;

/** How pictures that are there are judged, and whether that needs features: those of pairs are wanted only where they are named. */
async function wayOf(
  a: string | undefined,
  b: string | undefined,
  flags: EvaluateFlags,
  running: Running,
): Promise<{ readonly use: Way; readonly needs: boolean }> {
  const { tokenizer, features, weights, resize } = flags;
  if (tokenizer !== undefined) {
    if (a === undefined || b !== undefined)
      throw new UsageError("B: expected one set of pictures with --tokenizer, whose reconstructions are judged");
    return { use: judgeTokenizer(findModel(tokenizer), a, flags, running), needs: features !== undefined };
  }
  if (a === undefined || b === undefined)
    throw new UsageError("A, B: expected pictures to judge and a reference, or --against, or --tokenizer");
  if (flags.reconstruction === true)
    return { use: (options) => evaluateReconstructions(a, b, options), needs: features !== undefined };
  // Two files of statistics are compared as they are; whatever has pictures to turn into features names a network.
  const isNamed = (features ?? weights ?? resize) !== undefined;
  return { use: judgeSets(a, b, flags), needs: isNamed || (await needsFeatures(a, b, flags.metrics)) };
}

function judgeSets(a: string, b: string, { metrics, saveStatistics, cache = userCache() }: EvaluateFlags): Way {
  return (options) => evaluateSets(a, b, { ...options, metrics, cache: join(cache, "features"), saveStatistics });
}

/** Judges a set of which some features are known, which are needed no more then. */
async function judgeDrawn(
  { file, features }: DrawnPlace,
  against: string,
  flags: EvaluateFlags,
  options: EvaluateOptions,
): Promise<EvaluationResult> {
  const drawnExtractor = features && drawnFeatures(features);
  const result = await judgeSets(file, against, flags)({ ...options, drawnExtractor });
  if (features !== undefined) await rm(features.folder, { recursive: true, force: true });
  return result;
}

interface DrawnPlace {
  readonly file: string;
  readonly features: WantedFeatures | undefined;
}

/** Draws a set, or goes on with one. @param extractor the network whose features are wanted from who draws */
async function drawnSet(
  folder: string,
  input: SamplingInput,
  samples: string | undefined,
  flags: EvaluateFlags,
  running: Running,
  extractor: FeatureExtractor | undefined,
): Promise<DrawnPlace> {
  const { report } = running;
  return withDrawer(folder, flags, running, async (drawer) => {
    const { total, batch } = flags;
    const plan = await drawer.plan({ total, input, batch });
    const { at, cache = userCache() } = flags;
    const hash = createHash("sha256")
      .update(plan.settings)
      .update(await codeDigest());
    const key = hash.copy().digest("hex").slice(0, 16);
    const file = samples ?? join(cache, "samples", `${key}.npz`);
    report.log(`samples of ${shownPath(folder)} in ${shownPath(file)}`);
    const judging = hash
      .update(JSON.stringify([extractor?.name, extractor?.hash, at]))
      .digest("hex")
      .slice(0, 16);
    // Pictures of a folder are judged class by class, in another order than they are drawn.
    const isKnown = extractor !== undefined && file.endsWith(".npz");
    const features = isKnown ? { extractor, at, folder: join(cache, "rows", judging) } : undefined;
    await drawer.draw(file, plan, { features });
    return { file, features };
  });
}

function judgeTokenizer(path: string, data: string, flags: EvaluateFlags, { report }: Running): Way {
  return (options) =>
    withModel(path, flags, report, async (pipe) => {
      const { codebookSize } = pipe.config.tokenizer;
      const reconstruct = async (picture: Parameters<typeof rgbToPlanar>[0][number]) => {
        const { width, height } = picture;
        const scales = await pipe.encode(rgbToPlanar([picture]), [[height / pipe.factor, width / pipe.factor]]);
        return { made: planarToRgb(await pipe.decode(scales[0]!), 0), tokens: scales[0]!.tokens };
      };
      return evaluateTokenizer({ path, hash: await modelHash(path), codebookSize, reconstruct }, data, options);
    });
}

/** Opens what every way needs, and closes it. */
async function withOptions(
  place: string | undefined,
  seed: number | undefined,
  flags: EvaluateFlags,
  { report, signal }: Running,
  use: Way,
): Promise<EvaluationResult> {
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
      onProgress: report.progress,
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
  const value = parseJson(await readInput(named, "evaluation"), named);
  if (isEvaluationResult(value)) return value;
  throw new FileError(named, `what \`flexvar evaluate\` prints with --json or writes with --out`, "other JSON");
}
