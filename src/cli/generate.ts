import { type Command, Option } from "commander";
import { parseSampling, type SamplingInput } from "../options/index.ts";
import { type LargeOptions, largeOptions } from "../pipelines/index.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { type Drawn, draw, pictureJson } from "./draw.ts";
import { UsageError } from "./errors.ts";
import { addBatchFlag, addComputeFlags, addSamplingFlags, samplingInput, wholeNumber } from "./flags.ts";
import { type BestFlags, bestJudge, drawBest } from "./generate-best.ts";
import { modelHash } from "./identity.ts";
import { findModel, shownPath, withModel } from "./model.ts";
import { expectFolder, expectWritable, olderPictures } from "./output.ts";
import { seconds } from "./reporter.ts";

/** `flexvar generate`. */
export function define(command: Command): CommandWork {
  command.description(
    "Draws pictures of classes, coarse to fine, and writes them as 000.png, 001.png, … class by class. " +
      "The settings are embedded in each PNG; the same settings and model give the same file, byte for byte.",
  );
  addSamplingFlags(command)
    .optionsGroup("Files:")
    .option("--out <DIR>", "folder for the pictures", "out")
    .option("--grid", "also a contact sheet: sheet/sheet.png in the folder")
    .option("--preview", "also every scale's picture: previews/000_00.png (picture, scale)")
    .option(
      "--trace <FILE.npz>",
      "also scales, tokens, logits and decoded pictures as NumPy arrays; held in memory until the end",
    )
    .option("--no-metadata", "no settings in the PNG files")
    .optionsGroup("Advanced sampling:")
    .addOption(
      new Option(
        "--large <plain|windows>",
        "beyond twice the trained side: one sampling of the whole, or windows of the trained size over a coarse picture",
      )
        .choices(["plain", "windows"])
        .default("plain"),
    )
    .option(
      "--best-of <N>",
      "draws this many of each class and keeps --count of them: those that a judge is surest of, surest first",
      wholeNumber("best-of", 1, 10_000),
    )
    .option("--judge <DIR|NAME>", "who says so: a judge's folder or a shipped one; of the model's name by default");
  addBatchFlag(
    addComputeFlags(command),
    "pictures side by side; 8 by default, fewer where grids are large; changes no picture",
  );
  return {
    examples: [
      "flexvar generate --class animal-face,heart --count 4 --seed 7 --grid",
      "flexvar generate --class bird,clock --count 2 --best-of 16",
      'flexvar generate --model imagenet-d16 --class "golden retriever" --size 512x256 --steps 10 --preview',
    ],
    work: generate,
  };
}

async function generate(_: readonly unknown[], flags: BestFlags, running: Running): Promise<Outcome> {
  const input = samplingInput(flags);
  parseSampling(input);
  // With --best-of, `bestJudge` refuses windows.
  const isWindows = flags.large === "windows" && flags.bestOf === undefined;
  const windows = isWindows ? windowsOptions(input, flags) : undefined;
  if ((input.classLabels ?? []).length === 0)
    throw new UsageError("--class: expected at least one class id or name, got none; `flexvar classes` lists them");
  if (flags.trace !== undefined && flags.trace.trim() === "")
    throw new UsageError("--trace: expected a file name, got an empty text");
  const { report } = running;
  const folder = findModel(flags.model);
  const judge = bestJudge(flags, folder);
  const opening = performance.now();
  await expectFolder(flags.out);
  await expectWritable(flags.trace);
  return withModel(folder, flags, report, async (pipe) => {
    const open = performance.now() - opening;
    const hash = await modelHash(folder);
    const run =
      windows === undefined
        ? ({ task: "generate", options: input, model: hash } as const)
        : ({ task: "generate-large", options: windows, model: hash } as const);
    const drawn =
      judge === undefined || run.task !== "generate"
        ? await draw(pipe, run, flags, running)
        : await drawBest(pipe, run, judge, flags, running);
    const isPlain = judge === undefined && run.task === "generate";
    const older = isPlain ? await olderPictures(flags.out, drawn.pictures.length) : [];
    const times = measured(pipe.runtime.runMilliseconds(), {
      open,
      ...(isPlain && { first_scale: drawn.firstScaleMs! }),
    });
    report.finish();
    report.log(summary(drawn, flags, times.timings_ms.total!));
    if (older.length > 0)
      report.log(
        `${shownPath(flags.out)} also holds ${older.length} of earlier runs: ${older[0]}${older.length > 1 ? " …" : ""}`,
      );
    return {
      json: {
        model: { path: folder, hash },
        device: pipe.device,
        ...(drawn.judge && { judge: { ...drawn.judge } }),
        files: drawn.files,
        ...(run.task === "generate" ? { pictures: drawn.pictures.map(pictureJson) } : { windows: drawn.windows }),
        settings: drawn.settings,
        ...drawn.estimate,
        ...times,
      },
    };
  });
}

/** How messages call what pictures in windows take. */
const LARGE_WORDS = { windows: "--large windows", steps: "--steps", scales: "a list of scales" };

/** Options of pictures beyond twice the trained side, drawn in windows. @throws UsageError for flags that do not apply. */
function windowsOptions(input: SamplingInput, { trace, batch }: BestFlags): LargeOptions {
  const options = largeOptions(input, LARGE_WORDS);
  if (trace !== undefined) throw new UsageError("--trace: expected --large plain, got windows");
  return { ...options, batchSize: batch };
}

/** What was drawn, in one line. */
function summary({ pictures, windows }: Drawn, { out, large, bestOf }: BestFlags, ms: number): string {
  const count = pictures.length;
  const place = shownPath(out);
  if (bestOf !== undefined) return `${count} in ${place}, the surest of ${bestOf} of each class`;
  if (large === "windows") return `${count} in ${place}, drawn in ${windows} windows`;
  return `${count === 1 ? "1 picture" : `${count} pictures`} in ${place} (${seconds(ms)})`;
}
