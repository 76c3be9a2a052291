/** Trains a transformer, as a trainee of the loop that tokenizer and classifier have. */

import { join } from "node:path";
import { program } from "../engine/index.ts";
import { ExpectedError } from "../errors/index.ts";
import { declareTransformer } from "../models/index.ts";
import { countParams, type ParamDecl, paramTensors } from "../nn/index.ts";
import type { Session } from "../runtime/index.ts";
import { createRandom, defaultSizes, type Grid, type RandomState, restoreRandom } from "../sampling/index.ts";
import { overTokens } from "./baselines.ts";
import { nearestOthers } from "./corruption.ts";
import type { SplitData } from "./data.ts";
import { runExperiment, type Setup, type TrainOptions } from "./experiment.ts";
import { type OpenTokenizer, openTokenizer } from "./open-tokenizer.ts";
import { stepOptionsOf } from "./optimizer.ts";
import { rolloutProgram } from "./refinement.ts";
import { type DisposableTrainee, type RunResult, type SavedTrainee, traineeOf } from "./run.ts";
import { sequenceMaker } from "./sequences.ts";
import { CLASS_TABLE, transformerStart } from "./start.ts";
import type { Json, TrainState } from "./state.ts";
import { accumulationProgram, type StepOptions, slotsOf, stepProgram } from "./step.ts";
import { openStore, type StateStore } from "./store.ts";
import { type CacheOptions, openTokenCache } from "./token-cache.ts";
import type { TransformerTraining } from "./transformer-config.ts";
import { baselinesPerGrid, evaluate } from "./transformer-evaluation.ts";
import { type TransformerModels, transformerModels } from "./transformer-model.ts";
import { transformerObjective } from "./transformer-objective.ts";
import { dropPathOf, epochOrder, step, type TokenSide, type TransformerRun } from "./transformer-step.ts";

/**
 * Trains or resumes a transformer. At every evaluation `outDir/model` gets the whole model folder, `held-out.md` the loss per
 * grid beside its baselines, `sheets/` samples and their nearest training pictures.
 */
export async function trainTransformer(
  config: TransformerTraining,
  dataDir: string,
  outDir: string,
  options: TrainOptions = {},
): Promise<RunResult> {
  return runExperiment(config, dataDir, outDir, options, async (setup) =>
    transformerTrainee(setup, await openTokenizer(config.tokenizer)),
  );
}

export async function transformerTrainee(
  setup: Setup<TransformerTraining>,
  tokenizer: OpenTokenizer,
): Promise<DisposableTrainee> {
  const { config, data, runtime, log } = setup;
  expectShare(setup);
  const models = transformerModels(config, data, tokenizer);
  const decls = declareTransformer(models.trained);
  const start = await transformerStart(config, decls, data.train, log);
  const stores = {
    store: openStore(runtime, decls, slotsOf(stepOptions(config)), start),
    sums: openStore(runtime, config.accumulate === 1 ? [] : decls, () => ["sum"], start),
  };
  const sessions = await openSessions(setup, models, decls, stores);
  const sides = await openTokens(setup, models, tokenizer);
  const { codes, model } = tokenizer;
  const { corruption, corruptionNeighbours } = config.regularisation;
  const table = defaultSizes(models.side).map((s): Grid => [s, s]);
  const baselines = baselinesPerGrid({ table, models, tokenizer, ...sides });
  const logBaseline = (name: string, losses: readonly number[]): void =>
    log(
      `${name} baseline ${overTokens(losses, table).toFixed(3)} (${losses.map((loss, i) => `${table[i]![0]}: ${loss.toFixed(2)}`).join("  ")})`,
    );
  logBaseline(
    "unigram",
    baselines.map((b) => b.unigram),
  );
  logBaseline(
    "class-unigram",
    baselines.map((b) => b.classUnigram),
  );
  const run: TransformerRun = {
    ...setup,
    tokenizer,
    models,
    ...stores,
    ...sessions,
    ...sides,
    table,
    baselines,
    nearest: corruption > 0 ? nearestOthers(codes, model.tokenizer.codeDim, corruptionNeighbours) : undefined,
    epoch: 0,
    taken: 0,
    order: epochOrder(sides.train.cache, config.seed, 0, setup.share),
    random: createRandom(config.seed, ...streamOf(setup)),
  };
  log(
    `transformer: ${(countParams(decls) / 1e6).toFixed(2)} M parameters, grids up to ${models.side}×${models.side}, ${sides.train.cache.copies} forms of each picture, ${runtime.description}`,
  );
  return traineeOf(run, { step, evaluate, save, load, dispose });
}

/** The stream of a run's steps: each member's is its own, the first one's that of a run by itself. */
const streamOf = ({ share }: Setup<TransformerTraining>): readonly (number | string)[] =>
  share === undefined || share.member === 0 ? ["train"] : ["train", share.member];

function expectShare({ share, data }: Setup<TransformerTraining>): void {
  if (share === undefined || data.train.length >= share.members) return;
  throw new ExpectedError(
    `training data: expected a picture for each of ${share.members} members, got ${data.train.length} pictures`,
  );
}

function stepOptions({ optimizer, accumulate }: TransformerTraining): StepOptions {
  const { muon, weightDecay, tableRate } = optimizer;
  return {
    ...stepOptionsOf(optimizer),
    ...(muon && { muon: { ...muon, weightDecay, takes: isBlockMatrix } }),
    rateOf: ({ name }) => (name === CLASS_TABLE ? tableRate : 1),
    accumulate,
  };
}

/** The weight matrices of the blocks, which are what Muon is for. */
const isBlockMatrix = ({ name, shape }: ParamDecl): boolean =>
  /^blocks\.\d+\..*\.weight$/.test(name) && shape.length === 2;

type Sessions = Pick<TransformerRun, "training" | "gathering" | "rollout" | "judging">;

async function openSessions(
  { config, runtime }: Setup<TransformerTraining>,
  { trained }: TransformerModels,
  decls: readonly ParamDecl[],
  { store, sums }: { store: StateStore; sums: StateStore },
): Promise<Sessions> {
  const { refinement, regularisation, accumulate } = config;
  const p = paramTensors(decls);
  const { loss, consistency } = transformerObjective(p, trained, {
    labelSmoothing: regularisation.labelSmoothing,
    dropPath: dropPathOf(config) > 0,
    ...(refinement && { consistency: refinement.consistency }),
  });
  const extras = { ...(consistency && { consistency }) };
  const training = stepProgram("train_transformer", decls, p, loss, extras, stepOptions(config));
  const gathering = async (): Promise<Session> =>
    runtime.open(accumulationProgram("gather_gradients", decls, p, loss, {}, accumulate), {
      keepOnDevice: sums.onDevice,
      staysAwake: true,
    });
  const { perPosition } = transformerObjective(p, trained, { labelSmoothing: 0, dropPath: false });
  return {
    training: await runtime.open(training, { keepOnDevice: store.onDevice, staysAwake: true }),
    gathering: accumulate === 1 ? undefined : await gathering(),
    rollout: refinement && (await runtime.open(rolloutProgram(p, trained))),
    judging: await runtime.open(program("judge_transformer", { perPosition })),
  };
}

/** Tokens of both sides of the data: read from the run's folder, or encoded. */
async function openTokens(
  { config, data, runtime, outDir, log }: Setup<TransformerTraining>,
  { trained }: TransformerModels,
  tokenizer: OpenTokenizer,
): Promise<{ train: TokenSide; heldOut: TokenSide }> {
  const { size, augment, augmentedCopies, told } = config.data;
  const { positionSide, codeDim, conditions } = trained;
  const options = { size, augment, augmentedCopies, ...(told && { transforms: told.transforms }), seed: config.seed };
  const open = async (name: string, from: SplitData["train"], options: CacheOptions): Promise<TokenSide> => {
    const path = join(outDir, `tokens-${name}.safetensors`);
    const cache = await openTokenCache(path, from, options, runtime, tokenizer, log);
    return { cache, sequences: sequenceMaker(runtime, cache, tokenizer.codes, codeDim, positionSide, conditions) };
  };
  const plain = { augment: { ...augment, flip: 0 }, augmentedCopies: 0, transforms: [] };
  return {
    train: await open("train", data.train, options),
    heldOut: await open("held-out", data.heldOut, { ...options, ...plain }),
  };
}

/** What a transformer's state holds beside arrays. */
interface TransformerJson {
  readonly random: RandomState;
  readonly epoch: number;
  readonly taken: number;
  readonly tokenizer: string;
}

async function save({ random, epoch, taken, tokenizer, store }: TransformerRun): Promise<SavedTrainee> {
  const json: TransformerJson = { random: random.save(), epoch, taken, tokenizer: tokenizer.hash };
  return { json: json as unknown as Record<string, Json>, arrays: await store.save() };
}

function load(run: TransformerRun, { arrays, json }: TrainState): void {
  const { random, epoch, taken, tokenizer } = json as unknown as TransformerJson;
  if (tokenizer !== run.tokenizer.hash)
    throw new ExpectedError(
      `training state: expected the tokenizer it was trained with (sha256 ${tokenizer}), got ${run.tokenizer.hash}`,
    );
  run.store.load(arrays);
  run.random = restoreRandom(random);
  Object.assign(run, { epoch, taken, order: epochOrder(run.train.cache, run.config.seed, epoch, run.share) });
}

async function dispose(run: TransformerRun): Promise<void> {
  const { store, sums, training, gathering, judging, rollout } = run;
  await Promise.all([store, sums, training, gathering, judging, rollout].map((open) => open?.dispose()));
}
