/** A transformer's held-out loss per grid beside its baselines, as a table for people. */
import { type Grid, gridTokens } from "../sampling/index.ts";
import type { Baselines } from "./baselines.ts";

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
