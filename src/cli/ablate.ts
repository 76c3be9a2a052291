import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { Arm, ArmResult, ComparisonPlan } from "../ablation/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { parseJson } from "../json/index.ts";
import type { NumberFormat, Plot } from "../report/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { wholeNumber } from "./flags.ts";
import { measured } from "./measure.ts";
import { expectWritable } from "./output.ts";

interface AblateFlags {
  readonly tokenizer: string;
  readonly judge: string;
  readonly data: string;
  readonly out: string;
  readonly arms: string;
  readonly seeds: number;
  readonly size?: number;
  readonly pictures?: number;
  readonly steps?: number;
  readonly samples?: number;
  readonly threads?: number;
  readonly plots?: string;
}

/** `flexvar ablate`. */
export function define(command: Command, context: Context): void {
  command
    .description(
      "Trains small transformers that differ in one decision and judges their samples: tokens that are the latent itself " +
        "(ground-truth, FlexVAR) or what coarser grids left over (residual, VAR), and a position map that is learned or fixed. " +
        "Autoencoder, pictures, steps and seeds are the same for all. Finished runs are kept in --out and not repeated.",
    )
    .optionsGroup("Files:")
    .requiredOption("--tokenizer <DIR>", "model folder whose autoencoder all runs share")
    .requiredOption("--judge <DIR>", "a judge's folder")
    .requiredOption("--data <PATH>", "labelled pictures with a held-out side")
    .requiredOption("--out <F.json>", "file for the results")
    .option("--plots <F.svg>", "the results of all runs as one picture")
    .optionsGroup("Runs:")
    .option("--arms <LIST>", "ground-truth, residual, fixed-positions", "ground-truth,residual")
    .option("--seeds <N>", "runs of each", wholeNumber("seeds", 1, 100), 3)
    .option("--size <N>", "side of the pictures in pixels", wholeNumber("size", 4, 1024))
    .option("--pictures <N>", "training pictures", wholeNumber("pictures", 2, 10_000_000))
    .option("--steps <N>", "training steps", wholeNumber("steps", 1, 10_000_000))
    .option("--samples <N>", "pictures drawn for the judge", wholeNumber("samples", 2, 1_000_000))
    .option("--threads <N>", "threads of one operator; all cores unless told", wholeNumber("threads", 1, 1024));
  carryOut(
    command,
    context,
    [
      "flexvar ablate --tokenizer models/fashion --judge models/judges/fashion --data runs/fashion-data --arms ground-truth,residual,fixed-positions --out docs/claims/ablation.json --plots docs/claims/ablation.svg",
    ],
    ablate,
  );
}

function readArms(text: string, known: readonly Arm[]): Arm[] {
  return text.split(",").map((name) => {
    const arm = known.find((one) => one === name.trim());
    if (arm === undefined) throw new UsageError(`--arms: expected names of ${known.join(", ")}, got "${name}"`);
    return arm;
  });
}

/** The file of results. */
interface Results {
  readonly plan: ComparisonPlan;
  /** What the runs share, by content. */
  readonly tokenizer: string;
  readonly judge: string;
  readonly runs: readonly ArmResult[];
}

async function ablate(_: readonly string[], flags: AblateFlags, { report, signal }: Running): Promise<Outcome> {
  const { ARMS, openComparison, SMALL_PLAN } = await import("../ablation/index.ts");
  const { openJudge } = await import("../judge/index.ts");
  const { openSplit, openTokenizer } = await import("../train/index.ts");
  const { nodeRuntime } = await import("../runtime/node.ts");
  const arms = readArms(flags.arms, ARMS);
  await expectWritable(flags.out, flags.plots);
  const { size, pictures, steps, samples } = flags;
  const plan: ComparisonPlan = {
    ...SMALL_PLAN,
    ...(size && { size }),
    ...(pictures && { pictures }),
    ...(steps && { steps, decoderSteps: Math.ceil((SMALL_PLAN.decoderSteps * steps) / SMALL_PLAN.steps) }),
    ...(samples && { samples }),
  };
  const runtime = nodeRuntime(flags.threads === undefined ? {} : { threads: flags.threads });
  const tokenizer = await openTokenizer(flags.tokenizer);
  const { train, heldOut } = await openSplit(flags.data, HELD_OUT_SHARE, 0);
  const judge = await openJudge(flags.judge, runtime);
  try {
    const same = { plan, tokenizer: tokenizer.hash, judge: judge.hash };
    const runs: ArmResult[] = [...(await finishedRuns(flags.out, same))];
    const log = (line: string): void => report.log(line);
    const comparison = await openComparison({ runtime, tokenizer, judge, train, heldOut, log, signal }, plan);
    for (let seed = 1; seed <= flags.seeds; seed++)
      for (const arm of arms) {
        if (runs.some((run) => run.arm === arm && run.seed === seed)) continue;
        const result = await comparison.run(arm, seed);
        runs.push(result);
        const results: Results = { ...same, runs };
        await writeFileAtomic(flags.out, `${JSON.stringify(results, null, 1)}\n`);
        report.log(described(result));
      }
    if (flags.plots !== undefined) await writeFileAtomic(flags.plots, await drawing(runs));
    return {
      text: runs.map(described).join("\n"),
      json: { file: flags.out, runs: runs.map((run) => ({ ...run, interval: [...run.interval] })), ...measured() },
    };
  } finally {
    await judge.close();
    await train.close();
  }
}

/** Held out where the data have no split of their own. */
const HELD_OUT_SHARE = 0.1;

/** Runs that a file holds. @throws Error where it comes from another plan, tokenizer or judge */
async function finishedRuns(path: string, same: Omit<Results, "runs">): Promise<readonly ArmResult[]> {
  const text = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const { runs, ...before } = parseJson(text, path) as Results;
  if (JSON.stringify(before) !== JSON.stringify(same))
    throw new Error(
      `${path}: expected results of ${JSON.stringify(same)}, got ${JSON.stringify(before)}; name another file with --out`,
    );
  return runs;
}

const SHORT: Readonly<Record<Arm, string>> = {
  "ground-truth": "ground truth",
  "fixed-positions": "fixed map",
  residual: "residual",
};

/** What every run came to, seeds side by side, a line for each arm. */
export async function drawing(runs: readonly ArmResult[]): Promise<string> {
  const { plotsDrawing } = await import("../report/index.ts");
  // Those of one token space side by side, so that each looks the same in every plot.
  const arms = (["ground-truth", "fixed-positions", "residual"] as const).filter((arm) =>
    runs.some((run) => run.arm === arm),
  );
  const seeds = [...new Set(runs.map(({ seed }) => seed))].sort((a, b) => a - b);
  type Point = (run: ArmResult) => { value: number; interval: readonly [number, number] | null } | null;
  const plot = (title: string, note: string, format: NumberFormat, point: Point): Plot => {
    const of = (arm: Arm, seed: number) => runs.find((run) => run.arm === arm && run.seed === seed);
    const points = (arm: Arm) =>
      seeds.map((seed) => of(arm, seed)).map((run) => (run === undefined ? null : point(run)));
    const series = arms
      .map((arm) => ({ name: SHORT[arm], points: points(arm) }))
      .filter((one) => one.points.some(Boolean));
    return { title, note, format, x: { name: "seed", values: seeds.map(String) }, series };
  };
  return plotsDrawing("Ablation", [
    plot("Fréchet distance", "lower is better", "number", ({ distance }) => ({ value: distance, interval: null })),
    plot("At 1.5 times the side", "lower is better", "number", ({ largerDistance }) =>
      largerDistance === undefined ? null : { value: largerDistance, interval: null },
    ),
    plot("Given their class", "higher is better", "share", ({ accuracy, interval }) => ({ value: accuracy, interval })),
  ]);
}

function described({
  arm,
  seed,
  distance,
  reconstructionDistance,
  accuracy,
  interval,
  largerDistance,
}: ArmResult): string {
  const [low, high] = interval.map((share) => (100 * share).toFixed(1));
  const larger = largerDistance === undefined ? "" : `, at 1.5 times the side ${largerDistance.toFixed(2)}`;
  return `${arm}, seed ${seed}: distance ${distance.toFixed(2)} (reconstructions ${reconstructionDistance.toFixed(2)})${larger}, ${(100 * accuracy).toFixed(1)} % given their class (${low} to ${high})`;
}
