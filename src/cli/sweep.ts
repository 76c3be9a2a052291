import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { version } from "../../package.json";
import {
  type DoubleProduct,
  doubleProducts,
  type EvaluationResult,
  evaluateSets,
  expectInput,
  type FeatureExtractor,
} from "../evaluate/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { textColumns } from "../report/index.ts";
import { addClusterFlags } from "./cluster-flags.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { findFeatures, openFeatureSource } from "./evaluate-features.ts";
import { addBatchFlag, addComputeFlags, addSamplingFlags, wholeNumber } from "./flags.ts";
import { codeDigest } from "./identity.ts";
import { addJudgingFlags } from "./judging-flags.ts";
import { findModel } from "./model.ts";
import { expectWritable, makeFolder } from "./output.ts";
import { addReportFlags, type ReportFlags, reportPath, writeReport } from "./report-parts.ts";
import { DRAWS_ALONE, expectAlone, type SetDrawer, withDrawer } from "./set-drawer.ts";
import { drawnFeatures } from "./set-features.ts";
import {
  keepEvaluation,
  keptEvaluation,
  type PlannedSweep,
  planSweeps,
  type SweepRequest,
  type SweepValue,
  VALUE,
} from "./sweep-plan.ts";
import { sweepDrawing, sweepReport } from "./sweep-report.ts";
import { parseVariation, type Variation } from "./vary.ts";

interface SweepFlags extends SweepRequest, ReportFlags {
  readonly plots?: string;
}

/** `flexvar sweep`. */
export function define(command: Command): CommandWork {
  command.description(
    "Draws a set at every value of a sampling option, judges each against real pictures, and shows the numbers side by side. " +
      "Each --vary is a sweep of its own around the other flags. Sets and numbers are kept in --out: a run that was killed " +
      "goes on with the same command, and values that draw the same pictures share them.",
  );
  addSamplingFlags(command, ["count"])
    .optionsGroup("Sweep:")
    .requiredOption(
      "--vary <OPTION=VALUES>",
      "a sampling option and its values, as in guidance=1,1.5,2; lists are parted by semicolons, as in 'scales=1,2,4;1,2,3,4'; may be repeated",
      (text: string, before: readonly Variation[] = []) => [...before, parseVariation(text)],
    )
    .requiredOption("--total <N>", "pictures in each set", wholeNumber("total", 2, 1_000_000))
    .requiredOption(
      "--against <PATH>",
      `real pictures or statistics, as \`flexvar evaluate\` takes them; ${VALUE} in it stands for the option's value. Pictures ` +
        "of another size are brought to the drawn ones'",
    )
    .requiredOption("--out <DIR>", "folder for sets and numbers");
  addBatchFlag(command, "pictures side by side; changes no picture");
  addReportFlags(addJudgingFlags(command, "the shipped judge of the model's name by default")).option(
    "--plots <F.svg>",
    "the plots alone, as one picture",
  );
  addComputeFlags(command);
  addClusterFlags(command);
  return {
    examples: [
      "flexvar sweep --model fashion --against runs/fashion-data --vary guidance=1,1.5,2,3 --total 500 --out runs/guidance --report guidance.html",
      "flexvar sweep --model fashion --against runs/fashion-data --vary steps=6,8,10 --vary 'scales=1,2,4,8;1,2,3,4,6,8' --total 300 --out runs/steps --json",
    ],
    work: sweep,
  };
}

async function sweep(_: readonly string[], flags: SweepFlags, running: Running): Promise<Outcome> {
  const { report } = running;
  expectAlone(flags, DRAWS_ALONE);
  const page = reportPath(flags);
  const folder = findModel(flags.model);
  await makeFolder(flags.out);
  await expectWritable(join(flags.out, "sweep"), page, flags.plots);
  await expectInput(flags.against, flags.split);
  const extractor = await openFeatureSource(findFeatures(flags, folder), flags);
  return withDrawer(folder, flags, running, async (drawer) => {
    const code = await codeDigest();
    const plans = await planSweeps(drawer, flags, code, `${extractor.name} ${extractor.hash}`);
    const tools = { drawer, extractor, product: await doubleProducts(flags.threads), code };
    const results = new Map<string, EvaluationResult>();
    const every = plans.flatMap(({ variation, values }) => values.map((value) => ({ variation, value })));
    for (const [i, { variation, value }] of every.entries()) {
      const { evaluation } = value.files;
      report.log(`${variation.flag} ${value.text}, ${i + 1} of ${every.length}`);
      const known = results.get(evaluation) ?? (await keptEvaluation(evaluation));
      results.set(evaluation, known ?? (await makePoint(tools, value, flags, running)));
    }
    const title = `${basename(folder)}: ${plans.map(({ variation }) => variation.title.toLowerCase()).join(", ")}`;
    if (page !== undefined)
      await writeReport(page, await sweepReport(plans, results, { title, ...flags }), running.report);
    if (flags.plots !== undefined)
      await writeFileAtomic(flags.plots, sweepDrawing(flags.title ?? title, plans, results));
    return {
      text: plans.map((plan) => textTable(plan, results)).join("\n\n"),
      json: {
        total: flags.total,
        sweeps: plans.map((plan) => sweepRecord(plan, results)),
        files: [page, flags.plots].filter((path) => path !== undefined),
        ...measured(drawer.runMilliseconds()),
      },
    };
  }).finally(() => extractor.close());
}

interface Tools {
  readonly drawer: SetDrawer;
  readonly extractor: FeatureExtractor;
  readonly product: DoubleProduct;
  readonly code: string;
}

/** Draws a value's set and judges it. */
async function makePoint(
  { drawer, extractor, product, code }: Tools,
  { planned, against, files, at }: SweepValue,
  { bootstrap, metrics, split, out }: SweepFlags,
  running: Running,
): Promise<EvaluationResult> {
  const features = { extractor, at, folder: join(out, "features", basename(files.evaluation, ".json")) };
  await drawer.draw(files.set, planned, { features });
  const result = await evaluateSets(files.set, against, {
    extractor,
    drawnExtractor: drawnFeatures(features),
    product,
    metrics,
    split,
    size: at,
    bootstrap,
    cache: join(out, "features"),
    versions: { flexvar: version, runtime: drawer.description, code },
    onProgress: running.report.progress,
    signal: running.signal,
  });
  await keepEvaluation(files.evaluation, result);
  await rm(features.folder, { recursive: true, force: true });
  return result;
}

function sweepRecord({ variation, values }: PlannedSweep, results: ReadonlyMap<string, EvaluationResult>) {
  return {
    option: variation.flag,
    values: values.map(({ text, files: { set, evaluation } }) => ({
      value: text,
      set,
      file: evaluation,
      ...results.get(evaluation)!,
    })),
  };
}

/** The numbers that say most, a line for each value. */
function textTable({ variation, values }: PlannedSweep, results: ReadonlyMap<string, EvaluationResult>): string {
  const share = (value: number | null): string => (value === null ? "-" : `${(100 * value).toFixed(1)} %`);
  const head = [variation.title, "FID", "precision", "recall", "class accuracy"];
  const rows = values.map(({ text, files }) => {
    const { fid, precision, recall, class_accuracy: accuracy } = results.get(files.evaluation)!;
    return [text, fid === null ? "-" : fid.toPrecision(4), share(precision), share(recall), share(accuracy)];
  });
  return textColumns([head, ...rows], 1);
}
