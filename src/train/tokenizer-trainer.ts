/** Trains a tokenizer, as a trainee of the loop that transformer and classifier have. */

import { join } from "node:path";
import { ExpectedError } from "../errors/index.ts";
import { CODEBOOK, declareTokenizer, downsampling } from "../models/index.ts";
import { countParams, type ParamDecl } from "../nn/index.ts";
import { expectOpenable, TOKENIZER_FILE } from "../pretrained/index.ts";
import { createRandom, defaultSizes, type RandomState, restoreRandom } from "../sampling/index.ts";
import { codebookUsage, createCodebookState } from "./codebook.ts";
import { batchStream, fixedBatch } from "./data.ts";
import { runExperiment, type Setup, type TrainOptions } from "./experiment.ts";
import { exportModel, tokenizerModel } from "./export.ts";
import { extraDecls, readLpips } from "./extra-losses.ts";
import { arrayFeeds } from "./feeds.ts";
import { stepOptionsOf } from "./optimizer.ts";
import {
  type DisposableTrainee,
  type EvaluationReport,
  MODEL,
  type RunResult,
  type SavedTrainee,
  traineeOf,
} from "./run.ts";
import { describeStart, freshStart, startFrom } from "./start.ts";
import type { Json, NamedArray, TrainState } from "./state.ts";
import { slotsOf } from "./step.ts";
import { openStore } from "./store.ts";
import type { TokenizerTraining } from "./tokenizer-config.ts";
import { evaluateScales, openTokenizerEvaluator, reconstructionSheet } from "./tokenizer-evaluation.ts";
import { isTrained, tokenizerProgram } from "./tokenizer-objective.ts";
import { codesOf, releaseFixed, step, type TokenizerRun } from "./tokenizer-step.ts";
import { openTransfer } from "./transfer.ts";

/** Trains or resumes a tokenizer; `outDir/model` gets the model folder at the end and at every evaluation. */
export async function trainTokenizer(
  config: TokenizerTraining,
  dataDir: string,
  outDir: string,
  options: TrainOptions = {},
): Promise<RunResult> {
  return runExperiment(config, dataDir, outDir, options, tokenizerTrainee);
}

export async function tokenizerTrainee(setup: Setup<TokenizerTraining>): Promise<DisposableTrainee> {
  return traineeOf(await openRun(setup), { step, evaluate, save, load, dispose });
}

async function openRun(setup: Setup<TokenizerTraining>): Promise<TokenizerRun> {
  const { config, data, runtime, log } = setup;
  const { model, seed } = config;
  const { size, batchSize, augment } = config.data;
  const factor = downsampling(model);
  const native = size / factor;
  if (!Number.isInteger(native))
    throw new ExpectedError(`data.size: expected a multiple of the down-sampling ${factor}, got ${size}`);
  expectOpenable(tokenizerModel(model, native, data.train.classes), "the model folder that training would leave");
  // What cannot be traced is found before the first step, not when the discriminator takes part.
  if (config.adversarial !== undefined) tokenizerProgram(config, native, true);
  const decls = declareTokenizer(model);
  const evaluator = await openTokenizerEvaluator(runtime, model);
  const start = await startValues(config, decls, log);
  const discriminator = extraDecls(config).discriminator;
  const fixed = decls.filter((decl) => !isTrained(config, decl));
  const trained = decls.filter((decl) => isTrained(config, decl));
  // Codes that a gradient moves are revived by the host: they travel with each step, everything else stays on the device.
  const hosted = (name: string): boolean => name === CODEBOOK;
  const state = {
    store: openStore(runtime, trained, slotsOf(stepOptionsOf(config.optimizer)), start.values, hosted),
    fixed: new Map(
      fixed.map(({ name, shape }): [string, NamedArray] => [name, { shape, data: start.values.get(name)! }]),
    ),
  };
  const codes = codesOf(state);
  if (start.fresh.includes(CODEBOOK)) {
    // Start directions of codes are random: revival soon replaces those that nothing chooses.
    const noise = createRandom(seed, "codebook");
    codes.set(Float32Array.from(codes, () => noise.normal()));
    if (!state.fixed.has(CODEBOOK) && config.optimizer.emaDecay > 0) state.store.array("ema", CODEBOOK).set(codes);
  }
  const frozen = config.train === "decoder";
  const run: TokenizerRun = {
    ...setup,
    ...state,
    transfer: openTransfer(runtime),
    native,
    evaluator,
    heldOut: await fixedBatch(data.heldOut, size, config.run.evaluatePictures),
    stream: batchStream(data.train, { size, batchSize, seed, augment }, log),
    sessions: new Map(),
    discriminator: openStore(runtime, discriminator, () => ["param", "m", "v"], freshStart(discriminator, seed)),
    lpips: config.perceptual === undefined ? new Map() : await readLpips(config.perceptual),
    placed: undefined,
    codes: createCodebookState(frozen ? Float32Array.from(codes) : codes, model.codebookSize),
    usage: new Float64Array(model.codebookSize),
    random: createRandom(seed, "train"),
  };
  log(
    `tokenizer: ${(countParams(decls) / 1e6).toFixed(2)} M parameters, factor ${factor}, grids up to ${native}×${native}, ${runtime.description}`,
  );
  return run;
}

/** Start values of every parameter, and the names of those that were drawn. */
async function startValues(
  { start: path, seed, train }: TokenizerTraining,
  decls: readonly ParamDecl[],
  log: (line: string) => void,
): Promise<{ values: ReadonlyMap<string, Float32Array>; fresh: readonly string[] }> {
  if (path === undefined) {
    if (train === "decoder")
      throw new ExpectedError("start: expected a model to take encoder and codes from, got none");
    return { values: freshStart(decls, seed), fresh: decls.map(({ name }) => name) };
  }
  const taken = await startFrom(path, TOKENIZER_FILE, decls, seed);
  log(describeStart(path, decls, taken));
  return taken;
}

async function evaluate(run: TokenizerRun): Promise<EvaluationReport> {
  const { config, native, heldOut } = run;
  const arrays = await shippedArrays(run);
  const quality = await evaluateScales(run.evaluator, arrayFeeds(run.runtime, arrays), heldOut, defaultSizes(native));
  const histogram = new Float64Array(config.model.codebookSize);
  for (const { tokens } of quality) for (const token of tokens) histogram[token]!++;
  const { used } = codebookUsage(histogram);
  const model = tokenizerModel(config.model, native, run.data.train.classes);
  await exportModel(join(run.outDir, MODEL), model, { tokenizer: arrays });
  const number = (value: number): number => Number(value.toPrecision(5));
  const perSide = (of: "psnr" | "used" | "perplexity") =>
    Object.fromEntries(quality.map((scale) => [scale.side, number(scale[of])]));
  const { sheetPictures } = config.run;
  return {
    score: quality.at(-1)!.psnr,
    metrics: {
      psnr: perSide("psnr"),
      usedPerScale: perSide("used"),
      perplexityPerScale: perSide("perplexity"),
      used: number(used),
      pictures: heldOut.count,
    },
    summary: `held-out PSNR ${quality.map((q) => `${q.side}: ${q.psnr.toFixed(2)}`).join("  ")} dB; codes used ${(100 * used).toFixed(1)} %`,
    ...(sheetPictures > 0 && { sheet: reconstructionSheet(heldOut, quality, sheetPictures) }),
  };
}

const shippedArrays = async ({ store, fixed }: TokenizerRun): Promise<Map<string, NamedArray>> =>
  new Map([...(await store.values()), ...fixed]);

/** What a tokenizer's state holds beside arrays. */
interface TokenizerJson {
  readonly random: RandomState;
  readonly position: { readonly epoch: number; readonly taken: number };
  readonly usage: readonly number[];
}

async function save(run: TokenizerRun): Promise<SavedTrainee> {
  const { store, discriminator, fixed, codes, random, stream, usage } = run;
  const { codebookSize: V, codeDim: Z } = run.config.model;
  const arrays = new Map<string, NamedArray>([
    ...(await store.save()),
    ...(await discriminator.save()),
    ...fixed,
    ["codebook:counts", { shape: [V], data: codes.counts }],
    ["codebook:sums", { shape: [V, Z], data: codes.sums }],
    ["codebook:lastUsed", { shape: [V], data: codes.lastUsed }],
  ]);
  const json: TokenizerJson = { random: random.save(), position: stream.position, usage: [...usage] };
  return { json: json as unknown as Record<string, Json>, arrays };
}

function load(run: TokenizerRun, { arrays, json }: TrainState): void {
  run.store.load(arrays);
  run.discriminator.load(arrays);
  const array = (name: string): Float32Array => {
    const found = arrays.get(name);
    if (found === undefined) throw new ExpectedError(`training state: expected "${name}", got none`);
    return found.data;
  };
  for (const [name, { data }] of run.fixed) data.set(array(name));
  releaseFixed(run);
  run.codes = { counts: array("codebook:counts"), sums: array("codebook:sums"), lastUsed: array("codebook:lastUsed") };
  const own = json as unknown as TokenizerJson;
  run.random = restoreRandom(own.random);
  run.stream.seek(own.position);
  run.usage = Float64Array.from(own.usage);
}

async function dispose(run: TokenizerRun): Promise<void> {
  releaseFixed(run);
  const { store, discriminator, sessions, transfer } = run;
  const { encode, decode } = run.evaluator;
  const opened = [store, discriminator, encode, decode, transfer, ...(await Promise.all(sessions.values()))];
  await Promise.all(opened.map((open) => open.dispose()));
}
