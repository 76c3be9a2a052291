/** What an evaluation of a transformer measures, draws and leaves in the run's folder. */
import { join } from "node:path";
import { writeFileAtomic } from "../files/index.ts";
import type { WeightData } from "../runtime/index.ts";
import { type Baselines, baselinesOf, overTokens, scaleTable } from "./baselines.ts";
import { exportModel } from "./export.ts";
import { arrayFeeds } from "./feeds.ts";
import { type EvaluationReport, MODEL } from "./run.ts";
import { type Drawn, drawSamples } from "./samples.ts";
import { meansPerGrid, type SequenceRow } from "./sequences.ts";
import type { NamedArray } from "./state.ts";
import type { TokenCache } from "./token-cache.ts";
import { withoutTransforms } from "./transformer-model.ts";
import type { TransformerRun } from "./transformer-step.ts";

/** Held-out loss per grid beside its baselines, as a table. */
const TABLE_FILE = "held-out.md";

/** Held-out pictures judged at once. */
const JUDGE_BATCH = 8;

export async function evaluate(run: TransformerRun, step: number): Promise<EvaluationReport> {
  const { config, tokenizer, outDir, models, table, baselines, heldOut } = run;
  const { shipped, folder, side } = models;
  const trained = await run.store.values();
  const losses = await heldOutLosses(run, trained);
  const arrays = withoutTransforms(trained, shipped);
  await exportModel(join(outDir, MODEL), folder, { tokenizer: tokenizer.arrays, transformer: arrays });
  const { sheet, neighbours, nearest } = await draw(run, arrays, step === config.optimizer.steps);
  const pictures = Math.min(config.run.evaluatePictures, heldOut.cache.readable.length);
  await writeFileAtomic(join(outDir, TABLE_FILE), scaleTable(table, losses, baselines, { step, pictures }));
  const number = (value: number): number => Number(value.toPrecision(5));
  const perSide = (values: readonly number[]): Record<string, number> =>
    Object.fromEntries(table.map(([s], i) => [String(s), number(values[i]!)]));
  const loss = overTokens(losses, table);
  const smallGrids = table.filter(([s]) => s <= side / 2);
  const coarse = overTokens(losses, smallGrids);
  const [unigram, classUnigram] = [baselines.map((b) => b.unigram), baselines.map((b) => b.classUnigram)];
  const classUnigramLoss = overTokens(classUnigram, table);
  return {
    score: -loss,
    metrics: {
      loss: number(loss),
      lossToHalfSide: number(coarse),
      perScale: perSide(losses),
      unigram: perSide(unigram),
      classUnigram: perSide(classUnigram),
      unigramLoss: number(overTokens(unigram, table)),
      classUnigramLoss: number(classUnigramLoss),
      ...(nearest && { nearest: { samples: number(nearest.samples), heldOut: number(nearest.heldOut) } }),
    },
    summary:
      `held-out loss ${loss.toFixed(3)} (grids to ${side / 2}: ${coarse.toFixed(3)}; class-unigram ${classUnigramLoss.toFixed(3)}); ` +
      `per grid ${table.map(([s], i) => `${s}: ${losses[i]!.toFixed(2)}`).join("  ")}`,
    ...(sheet && { sheet }),
    ...(neighbours && { sheets: { neighbours } }),
  };
}

/** Mean held-out loss at each grid of the table. */
async function heldOutLosses(run: TransformerRun, arrays: ReadonlyMap<string, NamedArray>): Promise<number[]> {
  const { table, judging } = run;
  const { cache, sequences } = run.heldOut;
  const weights = arrayFeeds(run.runtime, arrays);
  const chosen = spread(cache.readable, run.config.run.evaluatePictures);
  const sums = table.map(() => 0);
  for (let first = 0; first < chosen.length; first += JUDGE_BATCH) {
    const rows = chosen
      .slice(first, first + JUDGE_BATCH)
      .map((picture): SequenceRow => ({ picture, copy: 0, classId: cache.labels[picture]! }));
    const { perPosition } = await judging.run({ ...weights, ...sequences.feeds(table, rows) });
    meansPerGrid(perPosition!.data as Float32Array, table).forEach((mean, i) => {
      sums[i]! += mean * rows.length;
    });
  }
  return sums.map((sum) => sum / chosen.length);
}

/** Samples and their neighbours, where the config asks for some. */
async function draw(
  { config, data, tokenizer, runtime, models }: TransformerRun,
  arrays: ReadonlyMap<string, NamedArray>,
  last: boolean,
): Promise<Partial<Drawn>> {
  if (config.samples.perClass === 0) return {};
  const own = [...arrays].map(([name, { data }]): [string, WeightData] => [name, { kind: "memory", data }]);
  const weights = new Map([...tokenizer.weights, ...own]);
  const mirrored = config.data.augment.flip > 0;
  return drawSamples(runtime, models.folder, weights, config.samples, data, { mirrored, last });
}

/** At most `most` members, evenly spread. */
function spread(from: Int32Array, most: number): number[] {
  const count = Math.min(most, from.length);
  return Array.from({ length: count }, (_, i) => from[Math.floor((i * from.length) / count)]!);
}

type Fixed = Pick<TransformerRun, "table" | "models" | "tokenizer" | "train" | "heldOut">;

/** What a model must beat at each grid. */
export function baselinesPerGrid({ table, models, tokenizer, train, heldOut }: Fixed): Baselines[] {
  const V = tokenizer.model.tokenizer.codebookSize;
  return table.map(([side]) =>
    baselinesOf(labelled(train.cache, side), labelled(heldOut.cache, side), V, models.trained.numClasses),
  );
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
