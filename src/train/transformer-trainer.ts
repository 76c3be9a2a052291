import { join } from "node:path";
import { program } from "../engine/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { conditionRows, declareTransformer, downsampling, type TransformerConfig } from "../models/index.ts";
import { countParams, type ParamDecl, paramTensors } from "../nn/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Runtime, Value, WeightData } from "../runtime/index.ts";
import {
  createRandom,
  defaultSizes,
  type Grid,
  type Random,
  type RandomState,
  restoreRandom,
} from "../sampling/index.ts";
import { type AdamWOptions, adamWScalarValues } from "./adamw.ts";
import { type Baselines, baselinesOf } from "./baselines.ts";
import { checkTransformerConfig } from "./check-config.ts";
import { corruptTokens, nearestOthers } from "./corruption.ts";
import type { SplitData } from "./data.ts";
import { runExperiment, type TrainOptions } from "./experiment.ts";
import { exportTransformer } from "./export.ts";
import { type OpenTokenizer, openTokenizer } from "./open-tokenizer.ts";
import { ownCodes, rolloutLogits, rolloutProgram } from "./refinement.ts";
import type { EvaluationReport, RunResult, StepReport, Trainee } from "./run.ts";
import { type Drawn, drawSamples } from "./samples.ts";
import { overTokens, scaleTable } from "./scale-table.ts";
import { emaDecayAt, learningRate } from "./schedule.ts";
import { drawTrainingScales } from "./schedule-draw.ts";
import { meansPerGrid, type SequenceRow, sequenceMaker } from "./sequences.ts";
import type { Json, NamedArray, TrainState } from "./state.ts";
import { accumulationProgram, type StepOptions, slotsOf, stepProgram } from "./step.ts";
import { openStore } from "./store.ts";
import { type CacheOptions, openTokenCache, type TokenCache } from "./token-cache.ts";
import type { TransformerTraining } from "./transformer-config.ts";
import { transformerObjective } from "./transformer-objective.ts";
import { CLASS_TABLE, transformerStart } from "./transformer-start.ts";

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
  return runExperiment(config, dataDir, outDir, options, async (data, runtime, log) =>
    transformerTrainee(config, data, await openTokenizer(config.tokenizer), runtime, outDir, log),
  );
}

/** What a transformer's state holds beside arrays. */
interface TransformerJson {
  readonly random: RandomState;
  readonly epoch: number;
  readonly taken: number;
  readonly tokenizer: string;
}

export async function transformerTrainee(
  config: TransformerTraining,
  data: SplitData,
  tokenizer: OpenTokenizer,
  runtime: Runtime,
  outDir: string,
  log: (line: string) => void,
): Promise<Trainee & { dispose(): Promise<void> }> {
  const { optimizer, refinement, regularisation } = config;
  const { codebookSize, codeDim } = tokenizer.model.tokenizer;
  const classes = data.train.classes;
  const plainModel: TransformerConfig = { ...config.model, numClasses: classes.length, codebookSize, codeDim };
  const styles = regularisation.styleDrop < 1 ? (data.train.styles ?? []) : [];
  const transforms = config.data.told?.transforms ?? [];
  // Styles stay in the model that is shipped; the vectors of told transforms, which come after them, do not.
  const shippedModel: TransformerConfig = { ...plainModel, ...(styles.length > 0 && { conditions: styles.length }) };
  const conditions = styles.length + transforms.length;
  const model: TransformerConfig = { ...plainModel, ...(conditions > 0 && { conditions }) };
  const side = config.data.size / downsampling(tokenizer.model.tokenizer);
  if (!Number.isInteger(side))
    throw new Error(`data.size: expected a multiple of the tokenizer's down-sampling, got ${config.data.size}`);
  const { samples } = config;
  const whole: ModelConfig = {
    tokenizer: tokenizer.model.tokenizer,
    transformer: shippedModel,
    trainedSide: side,
    dtype: "float32",
    id2label: classes,
    ...(styles.length > 0 && { styles }),
    ...(data.train.groups && { groups: data.train.groups }),
    defaultSampling: {
      ...tokenizer.model.defaultSampling,
      guidance: samples.guidance,
      topK: samples.topK,
      topP: samples.topP,
    },
  };
  checkTransformerConfig(config, whole);
  const dropPath = regularisation.dropPath ?? (0.1 * model.depth) / 24;
  const decls = declareTransformer(model);
  const p = paramTensors(decls);
  const objective = transformerObjective(p, model, {
    labelSmoothing: regularisation.labelSmoothing,
    dropPath: dropPath > 0,
    ...(refinement && { consistency: refinement.consistency }),
  });
  const adamW: AdamWOptions = optimizer;
  const muon = optimizer.muon && { ...optimizer.muon, weightDecay: optimizer.weightDecay, takes: isBlockMatrix };
  const stepOptions: StepOptions = {
    adamW,
    clip: optimizer.clip,
    ema: optimizer.emaDecay > 0,
    ...(muon && { muon }),
    rateOf: ({ name }) => (name === CLASS_TABLE ? optimizer.tableRate : 1),
  };
  const { accumulate } = config;
  const { consistency } = objective;
  const extras = { ...(consistency && { consistency }) };
  const start = await transformerStart(config, decls, data.train, log);
  const slots = openStore(runtime, decls, slotsOf(stepOptions), start);
  const sums = openStore(runtime, accumulate === 1 ? [] : decls, () => ["sum"], start);
  const session = await runtime.open(
    stepProgram("train_transformer", decls, p, objective.loss, extras, { ...stepOptions, accumulate }),
    { keepOnDevice: slots.onDevice },
  );
  const gather =
    accumulate === 1
      ? undefined
      : await runtime.open(accumulationProgram("gather_gradients", decls, p, objective.loss, {}, accumulate), {
          keepOnDevice: sums.onDevice,
        });
  const plain = paramTensors(decls);
  const rollout = refinement && (await runtime.open(rolloutProgram(plain, model)));
  const judged = transformerObjective(plain, model, { labelSmoothing: 0, dropPath: false });
  const judge = await runtime.open(program("judge_transformer", { perPosition: judged.perPosition }));
  const caching = {
    size: config.data.size,
    augment: config.data.augment,
    augmentedCopies: config.data.augmentedCopies,
    ...(transforms.length > 0 && { transforms }),
    seed: config.seed,
  };
  const open = (name: string, from: SplitData["train"], options: CacheOptions): Promise<TokenCache> =>
    openTokenCache(
      join(outDir, `tokens-${name}.safetensors`),
      from,
      options,
      runtime,
      tokenizer.model.tokenizer,
      tokenizer.weights,
      tokenizer.hash,
      log,
    );
  const train = await open("train", data.train, caching);
  const heldOut = await open("held-out", data.heldOut, {
    ...caching,
    augment: { ...caching.augment, flip: 0 },
    augmentedCopies: 0,
    transforms: [],
  });
  const makeTraining = sequenceMaker(runtime, train, tokenizer.codes, codeDim, model.positionSide, conditions);
  const makeHeldOut = sequenceMaker(runtime, heldOut, tokenizer.codes, codeDim, model.positionSide, conditions);
  const { corruption, corruptionNeighbours: k } = regularisation;
  const nearest = corruption > 0 ? nearestOthers(tokenizer.codes, codeDim, k) : undefined;
  const table = defaultSizes(side).map((s): Grid => [s, s]);
  const baselines = table.map(([s]) =>
    baselinesOf(labelled(train, s), labelled(heldOut, s), codebookSize, classes.length),
  );
  const baseline = (of: (b: Baselines) => number): string =>
    `${overTokens(baselines.map(of), table).toFixed(3)} (${baselines.map((b, i) => `${table[i]![0]}: ${of(b).toFixed(2)}`).join("  ")})`;
  log(`unigram baseline ${baseline((b) => b.unigram)}`);
  log(`class-unigram baseline ${baseline((b) => b.classUnigram)}`);
  let random: Random = createRandom(config.seed, "train");
  let epoch = 0;
  let taken = 0;
  let order = epochOrderOf(0);
  function epochOrderOf(number: number): Int32Array {
    return Int32Array.from(createRandom(config.seed, "epoch", number).shuffle([...train.readable]));
  }
  const scalar = (value: number): Value => runtime.floats(Float32Array.of(value), []);
  log(
    `transformer: ${(countParams(decls) / 1e6).toFixed(2)} M parameters, grids up to ${side}×${side}, ${train.copies} forms of each picture, ${runtime.description}`,
  );

  function drawRows(): SequenceRow[] {
    return Array.from({ length: config.data.batchSize }, () => {
      if (taken >= order.length) {
        epoch++;
        taken = 0;
        order = epochOrderOf(epoch);
      }
      return drawRow(order[taken++]!);
    });
  }

  /** A picture in one of its forms and what the model is told of it; without its class it is told no style either. */
  function drawRow(picture: number): SequenceRow {
    const changed = config.data.told !== undefined && random.uniform() < config.data.told.share;
    const copy = changed ? train.told + random.int(train.copies - train.told) : random.int(train.told);
    const dropped = random.uniform() < regularisation.classDrop;
    const styled = styles.length > 0 && random.uniform() >= regularisation.styleDrop && !dropped;
    const added = [
      ...(styled ? [data.train.styleOf!(picture)] : []),
      ...(changed ? [styles.length + copy - train.told] : []),
    ];
    return { picture, copy, classId: dropped ? classes.length : train.labels[picture]!, added };
  }

  /** Replaces a share of the tokens fed in, drawn anew for every grid of every picture. */
  const corrupt = (tokens: Int32Array): Int32Array =>
    nearest === undefined
      ? tokens
      : corruptTokens(tokens, nearest, nearest.length / codebookSize, corruption * random.uniform(), random);

  /** Factors of the residual branches [depth, B]: 0, or 1 / (1 − rate); the rate rises from 0 to `dropPath`. */
  function drawKeep(): Float32Array {
    const B = config.data.batchSize;
    return Float32Array.from({ length: model.depth * B }, (_, i) => {
      const rate = (dropPath * Math.floor(i / B)) / Math.max(1, model.depth - 1);
      return random.uniform() < rate ? 0 : 1 / (1 - rate);
    });
  }

  /** Inputs of the second pass: what the parameters as they are predict from the first pass's inputs. */
  async function secondPass(
    params: Readonly<Record<string, Value>>,
    grids: readonly Grid[],
    feeds: Readonly<Record<string, Value>>,
  ): Promise<Record<string, Value>> {
    if (refinement === undefined || rollout === undefined) return {};
    const logits = await rolloutLogits(rollout, { ...params, ...feeds });
    const own = ownCodes(logits, tokenizer.codes, codeDim, grids, refinement, random);
    return { ownCodes: runtime.floats(own, feeds.codes!.dims) };
  }

  /** Inputs of the next batch, and how many tokens and scales it has. */
  async function drawBatch(
    number: number,
    params: Readonly<Record<string, Value>>,
  ): Promise<{ feeds: Record<string, Value>; tokens: number; scales: number }> {
    const grids = drawTrainingScales(random, number, optimizer.steps, side, config.schedules);
    const rows = drawRows();
    const keep: Record<string, Value> =
      dropPath > 0 ? { keep: runtime.floats(drawKeep(), [model.depth, rows.length, 1, 1]) } : {};
    const tokens = grids.reduce((sum, [h, w]) => sum + h * w, 0);
    const first = makeTraining.feeds(grids, rows, corrupt);
    const second = await secondPass(params, grids, first);
    return { feeds: { ...first, ...keep, ...second }, tokens, scales: grids.length };
  }

  async function step(number: number): Promise<StepReport> {
    const lr = learningRate(number, optimizer);
    const adam = adamWScalarValues(number, lr, adamW);
    const params = slots.feeds();
    let loss = 0;
    await sums.clear();
    for (let i = 1; i < accumulate && gather !== undefined; i++) {
      const own = Object.fromEntries(decls.map(({ name }) => [name, params[name]!]));
      const feeds = { ...own, ...sums.feeds(), ...(await drawBatch(number, params)).feeds };
      const result = await gather.run(feeds, { ...sums.fetches(), loss: null });
      loss += (result.loss!.data as Float32Array)[0]! / accumulate;
      sums.advance(result);
    }
    const { feeds, tokens, scales } = await drawBatch(number, params);
    const result = await session.run(
      {
        ...params,
        ...sums.feeds(),
        ...feeds,
        lr: scalar(adam.lr),
        correction1: scalar(adam.correction1),
        correction2: scalar(adam.correction2),
        ...(stepOptions.ema ? { emaDecay: scalar(emaDecayAt(number, optimizer.emaDecay)) } : {}),
      },
      { ...slots.fetches(), loss: null, gradNorm: null, ...(consistency && { consistency: null }) },
    );
    const value = (name: string): number => (result[name]!.data as Float32Array)[0]!;
    loss += value("loss") / accumulate;
    const parts = { tokens, scales, ...(consistency && { consistency: value("consistency") }) };
    const gradNorm = value("gradNorm");
    if (Number.isFinite(loss) && Number.isFinite(gradNorm)) slots.advance(result);
    return { loss, gradNorm, lr, images: accumulate * config.data.batchSize, parts };
  }

  const shipped = (): Promise<Map<string, NamedArray>> => slots.values();

  async function heldOutLosses(arrays: ReadonlyMap<string, NamedArray>): Promise<number[]> {
    const weights = Object.fromEntries(
      [...arrays].map(([name, { data: d, shape }]) => [name, runtime.floats(d, shape)]),
    );
    const chosen = spread(heldOut.readable, config.run.evaluatePictures);
    const sums = table.map(() => 0);
    for (let first = 0; first < chosen.length; first += JUDGE_BATCH) {
      const rows = chosen
        .slice(first, first + JUDGE_BATCH)
        .map((picture): SequenceRow => ({ picture, copy: 0, classId: heldOut.labels[picture]! }));
      const { perPosition } = await judge.run({ ...weights, ...makeHeldOut.feeds(table, rows) });
      meansPerGrid(perPosition!.data as Float32Array, table).forEach((mean, i) => {
        sums[i]! += mean * rows.length;
      });
    }
    return sums.map((sum) => sum / chosen.length);
  }

  async function evaluate(step: number): Promise<EvaluationReport> {
    const trained = await shipped();
    const losses = await heldOutLosses(trained);
    const arrays = withoutTransforms(trained, shippedModel);
    await exportTransformer(join(outDir, "model"), {
      config: shippedModel,
      arrays,
      model: whole,
      tokenizerArrays: tokenizer.arrays,
    });
    const number = (value: number): number => Number(value.toPrecision(5));
    const perSide = (values: readonly number[]): Record<string, number> =>
      Object.fromEntries(table.map(([s], i) => [String(s), number(values[i]!)]));
    const loss = overTokens(losses, table);
    const coarse = overTokens(
      losses,
      table.filter(([s]) => s <= side / 2),
    );
    const weights = new Map([...tokenizer.weights, ...weightsOf(arrays)]);
    const mirrored = config.data.augment.flip > 0;
    const drawn: Partial<Drawn> =
      samples.perClass > 0
        ? await drawSamples(runtime, whole, weights, samples, data, { mirrored, last: step === optimizer.steps })
        : {};
    const { sheet, neighbours, nearest } = drawn;
    const pictures = Math.min(config.run.evaluatePictures, heldOut.readable.length);
    await writeFileAtomic(join(outDir, TABLE_FILE), scaleTable(table, losses, baselines, { step, pictures }));
    return {
      score: -loss,
      metrics: {
        loss: number(loss),
        lossToHalfSide: number(coarse),
        perScale: perSide(losses),
        unigram: perSide(baselines.map((b) => b.unigram)),
        classUnigram: perSide(baselines.map((b) => b.classUnigram)),
        unigramLoss: number(
          overTokens(
            baselines.map((b) => b.unigram),
            table,
          ),
        ),
        classUnigramLoss: number(
          overTokens(
            baselines.map((b) => b.classUnigram),
            table,
          ),
        ),
        ...(nearest && { nearest: { samples: number(nearest.samples), heldOut: number(nearest.heldOut) } }),
      },
      summary: `held-out loss ${loss.toFixed(3)} (grids to ${side / 2}: ${coarse.toFixed(3)}; class-unigram ${overTokens(
        baselines.map((b) => b.classUnigram),
        table,
      ).toFixed(3)}); per grid ${table.map(([s], i) => `${s}: ${losses[i]!.toFixed(2)}`).join("  ")}`,
      ...(sheet && { sheet }),
      ...(neighbours && { sheets: { neighbours } }),
    };
  }

  return {
    step,
    evaluate,
    async save() {
      const json: TransformerJson = { random: random.save(), epoch, taken, tokenizer: tokenizer.hash };
      return { json: json as unknown as Record<string, Json>, arrays: await slots.save() };
    },
    load({ arrays, json }: TrainState) {
      const own = json as unknown as TransformerJson;
      if (own.tokenizer !== tokenizer.hash)
        throw new Error(
          `training state: expected the tokenizer it was trained with (sha256 ${own.tokenizer}), got ${tokenizer.hash}`,
        );
      slots.load(arrays);
      random = restoreRandom(own.random);
      ({ epoch, taken } = own);
      order = epochOrderOf(epoch);
    },
    async dispose() {
      await Promise.all([slots, sums, session, gather, judge, rollout].map((open) => open?.dispose()));
    },
  };
}

/** Held-out loss per grid beside its baselines, as a table. */
const TABLE_FILE = "held-out.md";

/** Held-out pictures judged at once. */
const JUDGE_BATCH = 8;

/** The weight matrices of the blocks, which are what Muon is for. */
const isBlockMatrix = ({ name, shape }: ParamDecl): boolean =>
  /^blocks\.\d+\..*\.weight$/.test(name) && shape.length === 2;

/** The parameters of the model that is shipped: the class table without the rows of told transforms. */
function withoutTransforms(
  arrays: ReadonlyMap<string, NamedArray>,
  config: TransformerConfig,
): Map<string, NamedArray> {
  const rows = conditionRows(config);
  const { data } = arrays.get(CLASS_TABLE)!;
  return new Map([
    ...arrays,
    [CLASS_TABLE, { shape: [rows, config.width], data: data.subarray(0, rows * config.width) }],
  ]);
}

/** At most `most` members, evenly spread. */
function spread(from: Int32Array, most: number): number[] {
  const count = Math.min(most, from.length);
  return Array.from({ length: count }, (_, i) => from[Math.floor((i * from.length) / count)]!);
}

/** Tokens of every readable picture, plain, at one grid. */
function labelled(cache: TokenCache, side: number): { ids: Int32Array; labels: Int32Array } {
  const cells = side * side;
  const ids = new Int32Array(cache.readable.length * cells);
  cache.readable.forEach((picture, i) => {
    ids.set(cache.tokens(side, picture, 0), i * cells);
  });
  return { ids, labels: Int32Array.from(cache.readable, (picture) => cache.labels[picture]!) };
}

function weightsOf(arrays: ReadonlyMap<string, NamedArray>): Map<string, WeightData> {
  return new Map([...arrays].map(([name, { data }]) => [name, { kind: "memory", data }]));
}
