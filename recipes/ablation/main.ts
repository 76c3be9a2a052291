/** Flags, the file of results and the drawing of `node recipes/ablate.mjs`. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { openClassifier } from "../../src/classifier/index.ts";
import { writeFileAtomic } from "../../src/files/index.ts";
import { type Plot, plotsDrawing } from "../../src/report/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { openSplit, openTokenizer } from "../../src/train/index.ts";
import { ARMS, type Arm, type ArmResult, openComparison, QUICK_PLAN, runArm, SMALL_PLAN } from "./comparison.ts";

const SEEDS = 3;
/** Held out where the data have no split of their own. */
const HELD_OUT_SHARE = 0.1;

export async function main(argv: string[]): Promise<void> {
  const text = { type: "string" } as const;
  const options = {
    tokenizer: text,
    judge: text,
    data: text,
    out: text,
    plots: text,
    quick: { type: "boolean" },
  } as const;
  const { values } = parseArgs({ args: argv, options });
  const { out, plots, quick } = values;
  if (!values.tokenizer || !values.judge || !values.data || !out)
    throw new Error("ablate: expected --tokenizer, --judge, --data and --out");
  const plan = quick ? QUICK_PLAN : SMALL_PLAN;
  const runtime = nodeRuntime();
  const tokenizer = await openTokenizer(values.tokenizer);
  const { train, heldOut } = await openSplit(values.data, HELD_OUT_SHARE, 0);
  const judge = await openClassifier(values.judge, runtime);
  try {
    // What the runs of one file share, the networks by content.
    const same = { plan, tokenizer: tokenizer.hash, judge: judge.hash };
    const runs = await finishedRuns(out, same);
    const comparison = await openComparison({ runtime, tokenizer, judge, train, heldOut }, plan);
    for (let seed = 1; seed <= (quick ? 1 : SEEDS); seed++)
      for (const arm of quick ? ARMS.slice(0, 1) : ARMS) {
        if (runs.some((run) => run.arm === arm && run.seed === seed)) continue;
        const result = await runArm(comparison, arm, seed);
        runs.push(result);
        await writeFileAtomic(out, `${JSON.stringify({ ...same, runs }, null, 1)}\n`);
        console.log(JSON.stringify(result));
      }
    if (plots !== undefined) await writeFileAtomic(plots, drawing(runs));
  } finally {
    await judge.close();
    await train.close();
  }
}

/** Runs that a file holds; none where there is no file. @throws Error where it comes from another plan, tokenizer or judge */
async function finishedRuns(path: string, same: object): Promise<ArmResult[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return JSON.stringify({ ...same, runs: [] });
    throw error;
  });
  const { runs, ...before } = JSON.parse(text);
  if (JSON.stringify(before) !== JSON.stringify(same))
    throw new Error(`${path}: expected results of ${JSON.stringify(same)}, got ${JSON.stringify(before)}`);
  return runs;
}

/** In the drawing those of one token space stand side by side, so that each looks the same in every plot. */
const SERIES = [
  ["ground-truth", "ground truth"],
  ["fixed-positions", "fixed map"],
  ["residual", "residual"],
] as const satisfies readonly (readonly [Arm, string])[];

/** What every run came to, seeds side by side, a line for each arm. */
export function drawing(runs: readonly ArmResult[]): string {
  const seeds = [...new Set(runs.map(({ seed }) => seed))].sort((a, b) => a - b);
  type Point = { value: number | undefined; interval?: readonly [number, number] };
  const plot = (title: string, note: string, format: Plot["format"], pointOf: (run: ArmResult) => Point): Plot => {
    const series = SERIES.map(([arm, name]) => {
      const points = seeds.map((seed) => {
        const run = runs.find((one) => one.arm === arm && one.seed === seed);
        const { value, interval = null } = run === undefined ? { value: undefined } : pointOf(run);
        return value === undefined ? null : { value, interval };
      });
      return { name, points };
    });
    const x = { name: "seed", values: seeds.map(String) };
    return { title, note, format, x, series: series.filter(({ points }) => points.some(Boolean)) };
  };
  return plotsDrawing("Ablation", [
    plot("Fréchet distance", "lower is better", "number", (run) => ({ value: run.distance })),
    plot("At 1.5 times the side", "lower is better", "number", (run) => ({ value: run.largerDistance })),
    plot("Given their class", "higher is better", "share", (run) => ({ value: run.accuracy, interval: run.interval })),
  ]);
}
