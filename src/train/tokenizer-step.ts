/** A step of a tokenizer's training: gradients in one session, then what the host does with the codebook. */
import type { Batch } from "../data/index.ts";
import { CODEBOOK, downsampling } from "../models/index.ts";
import type { Session, Value } from "../runtime/index.ts";
import type { Random } from "../sampling/index.ts";
import { type CodebookState, codebookUsage, updateCodebook } from "./codebook.ts";
import type { BatchStream } from "./data.ts";
import type { Setup } from "./experiment.ts";
import { numberOf, type Values } from "./feeds.ts";
import { optimizerStep } from "./optimizer.ts";
import type { StepReport } from "./run.ts";
import { drawSmallScales } from "./scale-draw.ts";
import type { NamedArray } from "./state.ts";
import type { StateStore } from "./store.ts";
import type { TokenizerTraining } from "./tokenizer-config.ts";
import type { TokenizerEvaluator } from "./tokenizer-evaluation.ts";
import { poolingFeeds, smallScaleCount, tokenizerProgram } from "./tokenizer-objective.ts";
import type { Transfer } from "./transfer.ts";

/** A tokenizer's run: what is opened once, and what every step changes. */
export interface TokenizerRun extends Setup<TokenizerTraining> {
  readonly transfer: Transfer;
  /** Side of the largest grid. */
  readonly native: number;
  readonly evaluator: TokenizerEvaluator;
  readonly heldOut: Batch;
  readonly stream: BatchStream;
  /** The step with the discriminator, or before it takes part; opened when first needed. */
  readonly sessions: Map<boolean, Promise<Session>>;
  readonly store: StateStore;
  readonly discriminator: StateStore;
  /** Parameters that no gradient moves: averaged codes, or all that is frozen. */
  readonly fixed: ReadonlyMap<string, NamedArray>;
  /** LPIPS's parameters, where it takes part. */
  readonly lpips: ReadonlyMap<string, NamedArray>;
  /** `fixed` and `lpips` where they are computed with; averaged codes change on the host after each step. */
  placed: Record<string, Value> | undefined;
  codes: CodebookState;
  /** How often each code was chosen lately [V]. */
  usage: Float64Array;
  random: Random;
}

/** Codes [V, Z], live. */
export const codesOf = ({ fixed, store }: Pick<TokenizerRun, "fixed" | "store">): Float32Array =>
  fixed.get(CODEBOOK)?.data ?? store.array("param", CODEBOOK);

export async function step(run: TokenizerRun, number: number): Promise<StepReport> {
  const { config, runtime, native, random } = run;
  const { size } = config.data;
  const batch = await run.stream.next();
  const { preferred, preferredShare } = config.scales;
  const sides = drawSmallScales(random, native, smallScaleCount(config, native), preferred, preferredShare);
  const feeds = { ...(await fixedFeeds(run)), image: runtime.floats(batch.images, [batch.count, 3, size, size]) };
  sides.forEach((side, i) => {
    Object.assign(feeds, poolingFeeds(runtime, i, [native, native], [side, side], downsampling(config.model)));
  });
  const judged = config.adversarial !== undefined && number > config.adversarial.startStep;
  const stores = judged ? [run.store, run.discriminator] : [run.store];
  const session = await sessionFor(run, judged);
  const done = await optimizerStep(runtime, session, stores, config.optimizer, number, feeds);
  const { outputs, loss, gradNorm, lr } = done;
  const revived = done.taken ? noteCodes(run, outputs, number) : 0;
  const { used, perplexity } = codebookUsage(run.usage);
  run.usage = run.usage.map((n) => n * USAGE_MEMORY);
  const extras = EXTRA_NUMBERS.filter((name) => name in outputs);
  const parts = {
    reconstruction: numberOf(outputs, "reconstruction"),
    pixelNative: numberOf(outputs, "pixel"),
    commitment: numberOf(outputs, "commitment"),
    ...Object.fromEntries(extras.map((name) => [name, numberOf(outputs, name)])),
    revived,
    used,
    perplexity,
  };
  return { loss, gradNorm, lr, images: batch.count, parts };
}

/** Numbers of the optional terms that the log takes where they are there. */
const EXTRA_NUMBERS = ["perceptual", "adversarial", "secondLoss"];

/** Share of the past in the histogram of chosen codes, per step. */
const USAGE_MEMORY = 0.98;

function sessionFor(run: TokenizerRun, judged: boolean): Promise<Session> {
  const { config, native, runtime, sessions, store, discriminator } = run;
  const keepOnDevice = [...store.onDevice, ...(judged ? discriminator.onDevice : [])];
  const session =
    sessions.get(judged) ?? runtime.open(tokenizerProgram(config, native, judged), { keepOnDevice, staysAwake: true });
  sessions.set(judged, session);
  return session;
}

async function fixedFeeds(run: TokenizerRun): Promise<Record<string, Value>> {
  if (run.placed !== undefined) return run.placed;
  const placed: Record<string, Value> = {};
  for (const [name, { data, shape }] of [...run.fixed, ...run.lpips]) {
    const value = run.runtime.floats(data, shape);
    placed[name] = name === CODEBOOK ? value : await run.transfer.upload(value);
  }
  run.placed = placed;
  return placed;
}

/** Frees what `fixedFeeds` placed. */
export function releaseFixed(run: TokenizerRun): void {
  for (const value of Object.values(run.placed ?? {})) if (value.location !== "cpu") value.dispose();
  run.placed = undefined;
}

/** Takes note of the codes that a step chose, and moves and revives codes. @returns how many were revived. */
function noteCodes(run: TokenizerRun, outputs: Values, number: number): number {
  const { config, store } = run;
  const scales = smallScaleCount(config, run.native) + 1;
  const assigned = Array.from({ length: scales }, (_, i) => ({
    rows: outputs[`rows${i}`]!.data as Float32Array,
    tokens: Int32Array.from(outputs[`tokens${i}`]!.data as BigInt64Array, Number),
  }));
  for (const { tokens } of assigned) for (const token of tokens) run.usage[token]!++;
  if (config.train === "decoder") return 0;
  const current = codesOf(run);
  const revived = updateCodebook(current, run.codes, assigned, number, config.codebook, run.random);
  if (run.fixed.has(CODEBOOK)) return revived.length;
  const Z = config.model.codeDim;
  for (const v of revived) {
    for (const slot of ["m", "v"] as const) store.array(slot, CODEBOOK).fill(0, v * Z, (v + 1) * Z);
    if (config.optimizer.emaDecay > 0) store.array("ema", CODEBOOK).set(current.subarray(v * Z, (v + 1) * Z), v * Z);
  }
  return revived.length;
}
