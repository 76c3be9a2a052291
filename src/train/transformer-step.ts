/** A step of a transformer's training: batches drawn, their gradients gathered, one update. */
import type { Session, Value } from "../runtime/index.ts";
import { createRandom, type Grid, type Random } from "../sampling/index.ts";
import type { Baselines } from "./baselines.ts";
import { corruptTokens } from "./corruption.ts";
import type { Setup } from "./experiment.ts";
import { feedsOf, numberOf, type Values } from "./feeds.ts";
import type { OpenTokenizer } from "./open-tokenizer.ts";
import { optimizerStep } from "./optimizer.ts";
import { ownCodes, rolloutLogits } from "./refinement.ts";
import type { StepReport } from "./run.ts";
import { drawTrainingScales } from "./scale-draw.ts";
import type { SequenceMaker, SequenceRow } from "./sequences.ts";
import type { StateStore } from "./store.ts";
import type { TokenCache } from "./token-cache.ts";
import type { TransformerTraining } from "./transformer-config.ts";
import type { TransformerModels } from "./transformer-model.ts";

/** Tokens of one side of the data, and what makes sequences of them. */
export interface TokenSide {
  readonly cache: TokenCache;
  readonly sequences: SequenceMaker;
}

/** A transformer's run: what is opened once, and what every step changes. */
export interface TransformerRun extends Setup<TransformerTraining> {
  readonly tokenizer: OpenTokenizer;
  readonly models: TransformerModels;
  readonly train: TokenSide;
  readonly heldOut: TokenSide;
  /** The grids that evaluations look at, and what is to be beaten at each. */
  readonly table: readonly Grid[];
  readonly baselines: readonly Baselines[];
  /** Nearest other codes of each code, where tokens are corrupted. */
  readonly nearest: Int32Array | undefined;
  readonly training: Session;
  /** Batches of a step but the last, where there are several. */
  readonly gathering: Session | undefined;
  /** The first pass of refinement. */
  readonly rollout: Session | undefined;
  readonly judging: Session;
  readonly store: StateStore;
  /** Gradients gathered in this step. */
  readonly sums: StateStore;
  epoch: number;
  /** Pictures of this epoch's order that were taken. */
  taken: number;
  order: Int32Array;
  random: Random;
}

export async function step(run: TransformerRun, number: number): Promise<StepReport> {
  const { config, runtime, gathering, store, sums } = run;
  const { accumulate, optimizer } = config;
  let loss = 0;
  await sums.clear();
  for (let i = 1; i < accumulate && gathering !== undefined; i++) {
    const { feeds } = await drawBatch(run, number);
    const fed = feedsOf(gathering, { ...store.feeds(), ...sums.feeds(), ...feeds });
    const outputs = await gathering.run(fed, { ...sums.fetches(), loss: null });
    loss += numberOf(outputs, "loss") / accumulate;
    sums.advance(outputs);
  }
  const { feeds, tokens, scales } = await drawBatch(run, number);
  const done = await optimizerStep(runtime, run.training, [store], optimizer, number, { ...sums.feeds(), ...feeds });
  const { outputs, gradNorm, lr } = done;
  loss += done.loss / accumulate;
  const parts = {
    tokens,
    scales,
    ...("consistency" in outputs && { consistency: numberOf(outputs, "consistency") }),
  };
  return { loss, gradNorm, lr, images: accumulate * config.data.batchSize, parts };
}

/** Inputs of the next batch, and how many tokens and scales it has. */
async function drawBatch(
  run: TransformerRun,
  number: number,
): Promise<{ feeds: Values; tokens: number; scales: number }> {
  const { config, runtime, random, models } = run;
  const grids = drawTrainingScales(random, number, config.optimizer.steps, models.side, config.schedules);
  const rows = Array.from({ length: config.data.batchSize }, () => drawRow(run));
  const keep = drawKeep(run);
  const first = run.train.sequences.feeds(grids, rows, (tokens) => corrupt(run, tokens));
  const second = await secondPass(run, grids, first);
  return {
    feeds: {
      ...first,
      ...(keep && { keep: runtime.floats(keep, [models.trained.depth, rows.length, 1, 1]) }),
      ...second,
    },
    tokens: grids.reduce((sum, [h, w]) => sum + h * w, 0),
    scales: grids.length,
  };
}

/** The next picture in one of its forms and what the model is told of it; without its class it is told no style either. */
function drawRow(run: TransformerRun): SequenceRow {
  const { config, data, models, random } = run;
  const { cache } = run.train;
  if (run.taken >= run.order.length) {
    run.epoch++;
    run.taken = 0;
    run.order = epochOrder(cache, config.seed, run.epoch, run.share);
  }
  const picture = run.order[run.taken++]!;
  const { styles } = models;
  const { classDrop, styleDrop } = config.regularisation;
  const changed = config.data.told !== undefined && random.uniform() < config.data.told.share;
  const copy = changed ? cache.told + random.int(cache.copies - cache.told) : random.int(cache.told);
  const dropped = random.uniform() < classDrop;
  const styled = styles.length > 0 && random.uniform() >= styleDrop && !dropped;
  const added = [
    ...(styled ? [data.train.styleOf!(picture)] : []),
    ...(changed ? [styles.length + copy - cache.told] : []),
  ];
  return { picture, copy, classId: dropped ? data.train.classes.length : cache.labels[picture]!, added };
}

/** Readable pictures in the order of an epoch: all, or those whose turn it is of a member among several. */
export function epochOrder(
  { readable }: TokenCache,
  seed: number,
  epoch: number,
  { member, members }: NonNullable<Setup<TransformerTraining>["share"]> = { member: 0, members: 1 },
): Int32Array {
  const all = createRandom(seed, "epoch", epoch).shuffle([...readable]);
  return Int32Array.from(all.filter((_, at) => at % members === member));
}

/** Replaces a share of the tokens fed in, drawn anew for every grid of every picture. */
function corrupt({ config, nearest, tokenizer, random }: TransformerRun, tokens: Int32Array): Int32Array {
  if (nearest === undefined) return tokens;
  const perCode = nearest.length / tokenizer.model.tokenizer.codebookSize;
  return corruptTokens(tokens, nearest, perCode, config.regularisation.corruption * random.uniform(), random);
}

/** Rate of stochastic depth of the last block. */
export const dropPathOf = ({ regularisation, model }: TransformerTraining): number =>
  regularisation.dropPath ?? (0.1 * model.depth) / 24;

/** Factors of the residual branches [depth, B]: 0, or 1 / (1 − rate); the rate rises from 0 to `dropPathOf`. None where that is 0. */
function drawKeep({ config, random }: TransformerRun): Float32Array | undefined {
  const { depth } = config.model;
  const B = config.data.batchSize;
  const last = dropPathOf(config);
  if (last === 0) return undefined;
  return Float32Array.from({ length: depth * B }, (_, i) => {
    const rate = (last * Math.floor(i / B)) / Math.max(1, depth - 1);
    return random.uniform() < rate ? 0 : 1 / (1 - rate);
  });
}

/** Inputs of refinement's second pass: what the parameters as they are predict from the first pass's inputs. */
async function secondPass(run: TransformerRun, grids: readonly Grid[], feeds: Values): Promise<Record<string, Value>> {
  const { config, runtime, rollout, store, tokenizer, random } = run;
  if (config.refinement === undefined || rollout === undefined) return {};
  const { codes, model } = tokenizer;
  const logits = await rolloutLogits(rollout, { ...store.feeds(), ...feeds });
  const own = ownCodes(logits, codes, model.tokenizer.codeDim, grids, config.refinement, random);
  return { ownCodes: runtime.floats(own, feeds.codes!.dims) };
}
