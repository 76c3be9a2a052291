import { join } from "node:path";
import { ops, type Program } from "../engine/index.ts";
import { CODEBOOK, declareTokenizer, downsampling, isDecoderParam } from "../models/index.ts";
import { countParams, type ParamDecl, paramTensors } from "../nn/index.ts";
import { expectOpenable, TOKENIZER_FILE } from "../pretrained/index.ts";
import type { Runtime, Session, Value } from "../runtime/index.ts";
import { createRandom, defaultSizes, type Random, type RandomState, restoreRandom } from "../sampling/index.ts";
import { type AdamWOptions, adamWScalarValues } from "./adamw.ts";
import { type Assigned, type CodebookState, codebookUsage, createCodebookState, updateCodebook } from "./codebook.ts";
import { batchStream, fixedBatch, type SplitData } from "./data.ts";
import { runExperiment, type TrainOptions } from "./experiment.ts";
import { exportTokenizer, tokenizerModel } from "./export.ts";
import { extraDecls, extraLosses, readLpips } from "./extra-losses.ts";
import { poolingFeeds } from "./pooling.ts";
import type { DisposableTrainee, EvaluationReport, RunResult, StepReport } from "./run.ts";
import { drawSmallScales } from "./scale-draw.ts";
import { emaDecayAt, learningRate } from "./schedule.ts";
import { describeStart, freshStart, startFrom } from "./start.ts";
import type { Json, NamedArray, TrainState } from "./state.ts";
import { slotsOf, stepProgram } from "./step.ts";
import { openStore } from "./store.ts";
import type { TokenizerTraining } from "./tokenizer-config.ts";
import { openTokenizerEvaluator, reconstructionSheet } from "./tokenizer-evaluation.ts";
import { imageInput, tokenizerObjective } from "./tokenizer-objective.ts";
import { openTransfer } from "./transfer.ts";

/** Trains or resumes a tokenizer; `outDir/model` gets the model folder at the end and at every evaluation. */
export async function trainTokenizer(
  config: TokenizerTraining,
  dataDir: string,
  outDir: string,
  options: TrainOptions = {},
): Promise<RunResult> {
  return runExperiment(config, dataDir, outDir, options, (data, runtime, log) =>
    tokenizerTrainee(config, data, runtime, join(outDir, "model"), log),
  );
}

/** What a tokenizer's state holds beside arrays. */
interface TokenizerJson {
  readonly random: RandomState;
  readonly position: { readonly epoch: number; readonly taken: number };
  readonly usage: readonly number[];
}

export async function tokenizerTrainee(
  config: TokenizerTraining,
  data: SplitData,
  runtime: Runtime,
  modelDir: string,
  log: (line: string) => void,
): Promise<DisposableTrainee> {
  const { model, optimizer, codebook, scales: drawn } = config;
  const factor = downsampling(model);
  const native = config.data.size / factor;
  if (!Number.isInteger(native))
    throw new Error(`data.size: expected a multiple of the down-sampling ${factor}, got ${config.data.size}`);
  expectOpenable(tokenizerModel(model, native, data.train.classes), "the model folder that training would leave");
  const small = Math.min(drawn.perBatch - 1, native - 1);
  const V = model.codebookSize;
  const frozen = config.train === "decoder";
  const averaged = codebook.update === "average";
  const decls = declareTokenizer(model);
  const isTrained = ({ name }: ParamDecl): boolean => {
    if (frozen) return isDecoderParam(name);
    return !averaged || name !== CODEBOOK;
  };
  const trained = decls.filter(isTrained);
  const others = extraDecls(config);
  const p = paramTensors([...decls, ...others.lpips, ...others.discriminator]);
  const weights = { ...config.loss, codebook: averaged || frozen ? 0 : config.loss.codebook };
  const objective = tokenizerObjective(p, model, imageInput(model, native, native), [native, native], small, weights);
  const adamW: AdamWOptions = optimizer;
  const stepOptions = { adamW, clip: optimizer.clip, ema: optimizer.emaDecay > 0 };
  const last = objective.scales.at(-1)!;
  const extras = {
    reconstruction: objective.reconstruction,
    pixel: last.pixel,
    commitment: last.commitment,
    ...Object.fromEntries(
      objective.scales.flatMap((s, i) => [
        [`rows${i}`, s.rows],
        [`tokens${i}`, s.tokens],
      ]),
    ),
  };
  /** The step's session, with the discriminator or before it takes part; opened when first needed. */
  const sessions = new Map<boolean, Promise<Session>>();
  function traced(judged: boolean): Program {
    const { perceptual, adversarial, second } = extraLosses(p, config, last.reconstruction, last.target, judged);
    const terms = { ...(perceptual && { perceptual }), ...(adversarial && { adversarial }) };
    const total = Object.values(terms).reduce((sum, term) => ops.add(sum, term), objective.total);
    return stepProgram("train_tokenizer", trained, p, total, { ...extras, ...terms }, stepOptions, second);
  }
  // What cannot be traced is found before the first step, not when the discriminator takes part.
  if (config.adversarial !== undefined) traced(true);
  function sessionFor(judged: boolean): Promise<Session> {
    const known = sessions.get(judged);
    if (known !== undefined) return known;
    const kept = [...slots.onDevice, ...(judged ? judge.onDevice : [])];
    const session = runtime.open(traced(judged), { keepOnDevice: kept });
    sessions.set(judged, session);
    return session;
  }
  const judgedAt = (step: number): boolean => config.adversarial !== undefined && step > config.adversarial.startStep;
  const evaluator = await openTokenizerEvaluator(runtime, model);
  const taken =
    config.start === undefined ? undefined : await startFrom(config.start, TOKENIZER_FILE, decls, config.seed);
  if (taken !== undefined) log(describeStart(config.start!, decls, taken));
  if (frozen && taken === undefined)
    throw new Error("start: expected a model to take encoder and codes from, got none");
  const start = taken?.values ?? freshStart(decls, config.seed);
  const transfer = openTransfer(runtime);
  // Codes that a gradient moves are revived by the host: they travel with each step, everything else stays on the device.
  const slots = openStore(runtime, trained, slotsOf(stepOptions), start, (name) => name === CODEBOOK);
  const judge = openStore(
    runtime,
    others.discriminator,
    () => ["param", "m", "v"],
    freshStart(others.discriminator, config.seed),
  );
  const vgg = config.perceptual === undefined ? new Map<string, NamedArray>() : await readLpips(config.perceptual);
  /** Parameters that no gradient moves: averaged codes, or all that is frozen. */
  const fixed = new Map(
    decls
      .filter((d) => !isTrained(d))
      .map(({ name, shape }): [string, NamedArray] => [name, { shape, data: start.get(name)! }]),
  );
  const codesOf = (): Float32Array => fixed.get(CODEBOOK)?.data ?? slots.array("param", CODEBOOK);
  if (taken === undefined || taken.fresh.includes(CODEBOOK)) {
    // Start directions of codes are random: revival soon replaces those that nothing chooses.
    const noise = createRandom(config.seed, "codebook");
    const random = Float32Array.from({ length: V * model.codeDim }, () => noise.normal());
    codesOf().set(random);
    if (!averaged && !frozen && stepOptions.ema) slots.array("ema", CODEBOOK).set(random);
  }
  let codes: CodebookState = createCodebookState(frozen ? Float32Array.from(codesOf()) : codesOf(), V);
  let random: Random = createRandom(config.seed, "train");
  const stream = batchStream(
    data.train,
    { size: config.data.size, batchSize: config.data.batchSize, seed: config.seed, augment: config.data.augment },
    log,
  );
  const heldOut = await fixedBatch(data.heldOut, config.data.size, config.run.evaluatePictures);
  let usage = new Float64Array(V);
  const scalar = (value: number): Value => runtime.floats(Float32Array.of(value), []);
  /** `fixed` and `vgg` where they are computed with; averaged codes change on the host after each step. */
  let placed: Record<string, Value> | undefined;
  async function fixedFeeds(): Promise<Record<string, Value>> {
    if (placed === undefined) {
      placed = {};
      for (const [name, { data: d, shape }] of [...fixed, ...vgg])
        placed[name] = await (name === CODEBOOK ? runtime.floats(d, shape) : transfer.upload(runtime.floats(d, shape)));
    }
    return placed;
  }
  const releaseFixed = (): void => {
    for (const value of Object.values(placed ?? {})) if (value.location !== "cpu") value.dispose();
    placed = undefined;
  };
  log(
    `tokenizer: ${(countParams(decls) / 1e6).toFixed(2)} M parameters, factor ${factor}, grids up to ${native}×${native}, ${runtime.description}`,
  );

  async function step(number: number): Promise<StepReport> {
    const batch = await stream.next();
    const sides = drawSmallScales(random, native, small, drawn.preferred, drawn.preferredShare);
    const lr = learningRate(number, optimizer);
    const adam = adamWScalarValues(number, lr, adamW);
    const feeds: Record<string, Value> = {
      ...slots.feeds(),
      ...(await fixedFeeds()),
      image: runtime.floats(batch.images, [batch.count, 3, config.data.size, config.data.size]),
      lr: scalar(adam.lr),
      correction1: scalar(adam.correction1),
      correction2: scalar(adam.correction2),
      ...(stepOptions.ema ? { emaDecay: scalar(emaDecayAt(number, optimizer.emaDecay)) } : {}),
    };
    sides.forEach((side, i) => {
      Object.assign(feeds, poolingFeeds(runtime, i, [native, native], [side, side], factor));
    });
    const judged = judgedAt(number);
    const session = await sessionFor(judged);
    if (judged) Object.assign(feeds, judge.feeds());
    const own = { ...slots.fetches(), ...(judged ? judge.fetches() : {}) };
    const numbers = Object.keys(session.program.outputs).filter((name) => !(name in own));
    const result = await session.run(feeds, { ...own, ...Object.fromEntries(numbers.map((name) => [name, null])) });
    const number1 = (name: string): number => (result[name]!.data as Float32Array)[0]!;
    const loss = number1("loss");
    const gradNorm = number1("gradNorm");
    let revived = 0;
    if (Number.isFinite(loss) && Number.isFinite(gradNorm)) {
      slots.advance(result);
      if (judged) judge.advance(result);
      const assigned = objective.scales.map(
        (_, i): Assigned => ({
          rows: result[`rows${i}`]!.data as Float32Array,
          tokens: Int32Array.from(result[`tokens${i}`]!.data as BigInt64Array, Number),
        }),
      );
      for (const { tokens } of assigned) for (const token of tokens) usage[token]!++;
      if (!frozen) revived = revive(assigned, number);
    }
    const { used, perplexity } = codebookUsage(usage);
    usage = usage.map((n) => n * USAGE_MEMORY);
    return {
      loss,
      gradNorm,
      lr,
      images: batch.count,
      parts: {
        reconstruction: number1("reconstruction"),
        pixelNative: number1("pixel"),
        commitment: number1("commitment"),
        ...Object.fromEntries(EXTRA_NUMBERS.flatMap((name) => (name in result ? [[name, number1(name)]] : []))),
        revived,
        used,
        perplexity,
      },
    };
  }

  function revive(assigned: readonly Assigned[], number: number): number {
    const current = codesOf();
    const revived = updateCodebook(current, codes, assigned, number, codebook, random);
    if (averaged) return revived.length;
    const Z = model.codeDim;
    for (const v of revived) {
      for (const slot of ["m", "v"] as const) slots.array(slot, CODEBOOK).fill(0, v * Z, (v + 1) * Z);
      if (stepOptions.ema) slots.array("ema", CODEBOOK).set(current.subarray(v * Z, (v + 1) * Z), v * Z);
    }
    return revived.length;
  }

  const shipped = async (): Promise<Map<string, NamedArray>> => {
    const values = await slots.values();
    return new Map([...values, ...fixed]);
  };

  async function evaluate(): Promise<EvaluationReport> {
    const arrays = await shipped();
    const feeds = Object.fromEntries([...arrays].map(([name, { data: d, shape }]) => [name, runtime.floats(d, shape)]));
    const quality = await evaluator.evaluate(feeds, heldOut, defaultSizes(native));
    const whole = new Float64Array(V);
    for (const { tokens } of quality) for (const token of tokens) whole[token]!++;
    await exportTokenizer(modelDir, { config: model, trainedSide: native, arrays, labels: data.train.classes });
    const number = (value: number): number => Number(value.toPrecision(5));
    return {
      score: quality.at(-1)!.psnr,
      metrics: {
        psnr: Object.fromEntries(quality.map((q) => [q.side, number(q.psnr)])),
        usedPerScale: Object.fromEntries(quality.map((q) => [q.side, number(q.used)])),
        perplexityPerScale: Object.fromEntries(quality.map((q) => [q.side, number(q.perplexity)])),
        used: number(codebookUsage(whole).used),
        pictures: heldOut.count,
      },
      summary: `held-out PSNR ${quality.map((q) => `${q.side}: ${q.psnr.toFixed(2)}`).join("  ")} dB; codes used ${(100 * codebookUsage(whole).used).toFixed(1)} %`,
      ...(config.run.sheetPictures > 0
        ? { sheet: reconstructionSheet(heldOut, quality, config.run.sheetPictures) }
        : {}),
    };
  }

  return {
    step,
    evaluate,
    async save() {
      const arrays = new Map([...(await slots.save()), ...(await judge.save()), ...fixed]);
      arrays.set("codebook:counts", { shape: [V], data: codes.counts });
      arrays.set("codebook:sums", { shape: [V, model.codeDim], data: codes.sums });
      arrays.set("codebook:lastUsed", { shape: [V], data: codes.lastUsed });
      const json: TokenizerJson = { random: random.save(), position: stream.position, usage: [...usage] };
      return { json: json as unknown as Record<string, Json>, arrays };
    },
    load({ arrays, json }: TrainState) {
      slots.load(arrays);
      judge.load(arrays);
      const array = (name: string): Float32Array => {
        const found = arrays.get(name);
        if (found === undefined) throw new Error(`training state: expected "${name}", got none`);
        return found.data;
      };
      for (const [name, { data: d }] of fixed) d.set(array(name));
      releaseFixed();
      codes = { counts: array("codebook:counts"), sums: array("codebook:sums"), lastUsed: array("codebook:lastUsed") };
      const own = json as unknown as TokenizerJson;
      random = restoreRandom(own.random);
      stream.seek(own.position);
      usage = Float64Array.from(own.usage);
    },
    async dispose() {
      const opened = await Promise.all(sessions.values());
      releaseFixed();
      await Promise.all([slots, judge, ...opened, evaluator, transfer].map((open) => open.dispose()));
    },
  };
}

/** Numbers of the optional terms that the log takes where they are there. */
const EXTRA_NUMBERS = ["perceptual", "adversarial", "secondLoss"];

/** Share of the past in the histogram of chosen codes, per step. */
const USAGE_MEMORY = 0.98;
