import type { Command } from "commander";
import { compareResults, overallVerdict } from "../evaluate/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { addClusterFlags } from "./cluster-flags.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { type EvaluateFlags, runEvaluation } from "./evaluate-run.ts";
import { differenceTable, resultTable } from "./evaluate-table.ts";
import { addBatchFlag, addComputeFlags, addSamplingFlags, wholeNumber } from "./flags.ts";
import { addJudgingFlags } from "./judging-flags.ts";
import { shownPath } from "./model.ts";
import { expectWritable } from "./output.ts";
import { addReportFlags, type ReportFlags, reportPath, writeReport } from "./report-parts.ts";

/** `flexvar evaluate`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Judges pictures A against a reference B: FID, sFID, Inception Score, precision, recall, KID, and how often labelled " +
        "pictures are given their own class, each with a 95 % interval. A and B are folders of pictures or any form that " +
        "`flexvar train` takes, .npz files of pictures, or .npz files of statistics (mu, sigma). With --against, a model " +
        "draws the pictures itself, or, with --cluster, the workers that have it; with --baseline, the differences from an earlier evaluation and a verdict are printed.",
    )
    .argument("[A]", "pictures to judge; with --tokenizer, pictures to reconstruct")
    .argument("[B]", "reference");
  addJudgingFlags(
    command,
    "with --against the shipped judge of the model's name by default; two files of statistics need none",
  )
    .optionsGroup("Other ways:")
    .option("--reconstruction", "A has reconstructions of the pictures of B, in order: rFID, PSNR, SSIM")
    .option("--tokenizer <MODEL>", "judge a model's tokenizer by its reconstructions of A")
    .optionsGroup("Files:")
    .option("--baseline <F.json|MODEL>", "an earlier evaluation; with --against also a model, drawn with its defaults")
    .option("--out <F.json>", "write the result, as --json prints it")
    .option("--save-statistics <F.npz>", "write the reference's statistics, to be used as B later")
    .option("--cache <DIR>", "folder for features of references and drawn pictures; the user's cache by default");
  addSamplingFlags(command, ["count"])
    .optionsGroup("Drawing, with --against:")
    .option("--against <B>", "reference that the model's own pictures are judged against")
    .option("--total <N>", "pictures to draw", wholeNumber("total", 2, 10_000_000), 1000)
    .option("--samples <F.npz|DIR>", "where drawn pictures lie; a run that was killed goes on there");
  addReportFlags(command);
  addBatchFlag(addComputeFlags(command), "pictures side by side");
  addClusterFlags(command);
  return {
    examples: [
      "flexvar evaluate samples.npz runs/fashion-data --features fashion",
      "flexvar evaluate --model fashion --guidance 4 --against runs/fashion-data --baseline fashion",
      "flexvar evaluate samples.npz VIRTUAL_imagenet256_labeled.npz --features inception --weights pt_inception.pth",
      "flexvar evaluate runs/fashion-data --tokenizer fashion --features fashion",
    ],
    work: evaluate,
  };
}

async function evaluate(
  args: readonly string[],
  flags: EvaluateFlags & ReportFlags,
  running: Running,
): Promise<Outcome> {
  const page = reportPath(flags);
  await expectWritable(flags.out, page, flags.saveStatistics);
  const { result, before } = await runEvaluation(args, flags, running);
  const differences = before === undefined ? undefined : compareResults(before, result);
  const baseline = differences && {
    verdict: overallVerdict(differences),
    differences: differences.map((one) => ({ ...one })),
  };
  const document = { ...result, ...(baseline && { baseline }) };
  if (flags.out !== undefined) {
    await writeFileAtomic(flags.out, `${JSON.stringify({ command: "evaluate", ...document }, null, 2)}\n`);
    running.report.log(`result in ${shownPath(flags.out)}`);
  }
  if (page !== undefined) {
    const { evaluationReport } = await import("./evaluate-report.ts");
    const model = flags.against === undefined ? undefined : (flags.model ?? "the shipped model");
    const title = model && `Samples of ${shownPath(model)} against ${shownPath(result.reference.path)}`;
    const shown = { ...(title && { title }), ...flags };
    const document = await evaluationReport(result, differences, shown, flags.tokenizer === undefined);
    await writeReport(page, document, running.report);
  }
  const tables = [resultTable(result), ...(differences === undefined ? [] : [differenceTable(differences)])];
  return { text: tables.join("\n\n"), json: { ...document, ...measured() } };
}
