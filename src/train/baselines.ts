/** What a transformer must beat: predicting every token from how often it occurs. */

import { type Grid, gridTokens } from "../sampling/index.ts";

/** Weight of the broader distribution when counts are few, in tokens. */
const PRIOR = 50;

export interface Baselines {
  /** Mean −ln p of the held-out tokens under the frequencies of this grid. */
  readonly unigram: number;
  /** The same with frequencies within the picture's class, smoothed towards the grid's. */
  readonly classUnigram: number;
}

/** Tokens of one grid with their picture's class: `ids` holds `perPicture` tokens for each label. */
export interface LabelledTokens {
  readonly ids: Int32Array;
  readonly labels: Int32Array;
}

/** Both baselines of one grid: frequencies from training tokens, judged on held-out ones. Every code keeps a little mass. */
export function baselinesOf(train: LabelledTokens, heldOut: LabelledTokens, V: number, classes: number): Baselines {
  const all = new Float64Array(V).fill(1);
  const byClass = new Map<number, Float64Array>();
  const totals = new Float64Array(classes);
  eachToken(train, (id, label) => {
    all[id]!++;
    const counts = byClass.get(label) ?? new Float64Array(V);
    byClass.set(label, counts);
    counts[id]!++;
    totals[label]!++;
  });
  const mass = train.ids.length + V;
  let unigram = 0;
  let classUnigram = 0;
  eachToken(heldOut, (id, label) => {
    const broad = all[id]! / mass;
    const counts = byClass.get(label);
    unigram -= Math.log(broad);
    classUnigram -= Math.log(((counts?.[id] ?? 0) + PRIOR * broad) / (totals[label]! + PRIOR));
  });
  return { unigram: unigram / heldOut.ids.length, classUnigram: classUnigram / heldOut.ids.length };
}

function eachToken({ ids, labels }: LabelledTokens, visit: (id: number, label: number) => void): void {
  const perPicture = ids.length / labels.length;
  for (let i = 0; i < ids.length; i++) visit(ids[i]!, labels[Math.floor(i / perPicture)]!);
}

/** Mean over all tokens of the given grids from means per grid. */
export function overTokens(perGrid: readonly number[], grids: readonly Grid[]): number {
  let sum = 0;
  let tokens = 0;
  grids.forEach((grid, i) => {
    sum += perGrid[i]! * gridTokens(grid);
    tokens += gridTokens(grid);
  });
  return sum / tokens;
}

/**
 * Markdown: a row per grid and one over all tokens, with the mean −ln p of held-out tokens under the model, under the class's
 * token frequencies and under all classes' frequencies at that grid. `gain` is what the model saves over the class's, in nats.
 */
export function scaleTable(
  grids: readonly Grid[],
  losses: readonly number[],
  baselines: readonly Baselines[],
  about: { readonly step: number; readonly pictures: number },
): string {
  const unigram = baselines.map((b) => b.unigram);
  const classUnigram = baselines.map((b) => b.classUnigram);
  const over = (values: readonly number[]): number => overTokens(values, grids);
  const row = (name: string, tokens: number, loss: number, own: number, all: number): string =>
    `| ${name} | ${tokens} | ${[loss, own, all, own - loss].map((value) => value.toFixed(3)).join(" | ")} |`;
  const rows = grids.map((grid, i) => row(grid.join("×"), gridTokens(grid), losses[i]!, classUnigram[i]!, unigram[i]!));
  const total = grids.reduce((sum, grid) => sum + gridTokens(grid), 0);
  return [
    `Held-out loss after step ${about.step}, nats per token over ${about.pictures} pictures; baselines over all held-out pictures.`,
    "",
    "| grid | tokens | loss | class-unigram | unigram | gain |",
    "|---|---|---|---|---|---|",
    ...rows,
    row("all", total, over(losses), over(classUnigram), over(unigram)),
    "",
  ].join("\n");
}
