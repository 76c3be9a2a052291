import { type Command, Option } from "commander";
import {
  compareResults,
  defaultReplicates,
  type MetricDifference,
  overallVerdict,
  type SetMetric,
  type Sides,
  setMetrics,
} from "../evaluate/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import type { Json } from "../image/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { type EvaluateFlags, runEvaluation } from "./evaluate-run.ts";
import { differenceTable, resultTable } from "./evaluate-table.ts";
import { addComputeFlags, wholeNumber } from "./flags.ts";
import { measured } from "./measure.ts";
import { shownPath } from "./model.ts";
import { addSamplingFlags } from "./sampling-flags.ts";

/** `flexvar evaluate`. */
export function define(command: Command, context: Context): void {
  command
    .description(
      "Judges pictures A against a reference B: FID, sFID, Inception Score, precision, recall, KID, and how often labelled " +
        "pictures are given their own class, each with a 95 % interval. A and B are folders of pictures or any form that " +
        "`flexvar train` takes, .npz files of pictures, or .npz files of statistics (mu, sigma). With --against, a model " +
        "draws the pictures itself; with --baseline, the differences from an earlier evaluation and a verdict are printed.",
    )
    .argument("[A]", "pictures to judge; with --tokenizer, pictures to reconstruct")
    .argument("[B]", "reference")
    .optionsGroup("Features:")
    .option(
      "--features <inception|DIR|name>",
      "network that pictures are compared by: Inception-2015, a judge's folder (`flexvar train judge`), or a shipped judge; " +
        "with --against the shipped judge of the model's name unless told",
    )
    .option("--weights <F.pth>", "Inception's weights: the published PyTorch conversion")
    .option("--resize <MODE>", "how Inception's pictures reach 299 px; tensorflow-bilinear unless told")
    .addOption(
      new Option("--at <N|WxH>", "bring all pictures to this size (centre part, cubic); as they are unless told")
        .argParser(readSides)
        .helpGroup("Features:"),
    )
    .optionsGroup("Numbers:")
    .option("--metrics <LIST>", `some of ${setMetrics.join(",")}; all unless told`, readMetrics)
    .option(
      "--bootstrap <N>",
      `replicates of each interval, 0 for none; unless told ${defaultReplicates(256)} to 256 features, ${defaultReplicates(1024)} to 1024, ` +
        `${defaultReplicates(2048)} beyond`,
      wholeNumber("bootstrap", 0, 100_000),
    )
    .addOption(
      new Option("--split <SIDE>", "side of the reference's own split; held-out where there is one, unless told")
        .choices(["train", "held-out", "all"])
        .helpGroup("Numbers:"),
    )
    .optionsGroup("Other ways:")
    .option("--reconstruction", "A has reconstructions of the pictures of B, in order: rFID, PSNR, SSIM")
    .option("--tokenizer <MODEL>", "judge a model's tokenizer by its reconstructions of A")
    .optionsGroup("Files:")
    .option("--baseline <F.json|MODEL>", "an earlier evaluation; with --against also a model, drawn with its defaults")
    .option("--out <F.json>", "write the result, as --json prints it")
    .option("--save-statistics <F.npz>", "write the reference's statistics, to be used as B later")
    .option("--cache <DIR>", "folder for features of references and drawn pictures; the user's cache unless told");
  addSamplingFlags(command, ["count"])
    .optionsGroup("Drawing, with --against:")
    .option("--against <B>", "reference that the model's own pictures are judged against")
    .option("--total <N>", "pictures to draw", wholeNumber("total", 2, 10_000_000), 1000)
    .option("--samples <F.npz|DIR>", "where drawn pictures lie; a run that was killed goes on there");
  addComputeFlags(command).option("--batch <N>", "pictures side by side", wholeNumber("batch", 1, 4096));
  carryOut(
    command,
    context,
    [
      "flexvar evaluate samples.npz runs/fashion-data --features fashion",
      "flexvar evaluate --model fashion --guidance 3 --against runs/fashion-data --baseline fashion",
      "flexvar evaluate samples.npz VIRTUAL_imagenet256_labeled.npz --features inception --weights pt_inception.pth",
      "flexvar evaluate runs/fashion-data --tokenizer fashion --features fashion",
    ],
    evaluate,
  );
}

function readSides(text: string): Sides {
  const match = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(text.trim());
  const width = Number(match?.[1]);
  const height = Number(match?.[2] ?? match?.[1]);
  if (width >= 1 && height >= 1 && Math.max(width, height) <= 16384) return { width, height };
  throw new UsageError(`--at: expected N or WxH in pixels, from 1 to 16384, got "${text}"`);
}

function readMetrics(text: string): SetMetric[] {
  const isMetric = (name: string): name is SetMetric => (setMetrics as readonly string[]).includes(name);
  return text.split(",").map((part) => {
    const name = part.trim();
    if (isMetric(name)) return name;
    throw new UsageError(`--metrics: expected some of ${setMetrics.join(",")}, got "${name}"`);
  });
}

async function evaluate(args: readonly string[], flags: EvaluateFlags, running: Running): Promise<Outcome> {
  const { result, before } = await runEvaluation(args, flags, running);
  const differences = before === undefined ? undefined : compareResults(before, result);
  const document = { ...result, ...(differences === undefined ? {} : { baseline: asJson(differences) }) };
  if (flags.out !== undefined) {
    await writeFileAtomic(flags.out, `${JSON.stringify({ command: "evaluate", ...document }, null, 2)}\n`);
    running.report.log(`result in ${shownPath(flags.out)}`);
  }
  const tables = [resultTable(result), ...(differences === undefined ? [] : [differenceTable(differences)])];
  return { text: tables.join("\n\n"), json: { ...document, ...measured() } };
}

/** Differences and the verdict, for the document. */
function asJson(differences: readonly MetricDifference[]): Json {
  return { verdict: overallVerdict(differences), differences: differences.map((one) => ({ ...one })) };
}
