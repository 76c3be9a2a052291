import { join } from "node:path";
import type { Command } from "commander";
import { anomalyMap, heatMap, resizeRgb } from "../editing/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { encodePng, type Json, type RgbImage } from "../image/index.ts";
import { parseSampling } from "../options/index.ts";
import {
  type ClassScore,
  classesOf,
  FINALISTS,
  type FlexVARPipeline,
  likelyClasses,
  scoredSize,
  scoreStages,
} from "../pipelines/index.ts";
import { formatGrid } from "../sampling/index.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { fitStages } from "./cost.ts";
import { UsageError } from "./errors.ts";
import { addComputeFlags, type ComputeFlags, samplingInput, wholeNumber } from "./flags.ts";
import { findModel, withModel } from "./model.ts";
import { expectFolder, makeFolder } from "./output.ts";

interface ScoreFlags extends ComputeFlags {
  readonly class?: string;
  readonly top: number;
  readonly out?: string;
}

/** `flexvar score`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "How likely a picture is under a class, by the model's own prediction of its tokens: in bits per token, in all and per " +
        "scale. Without --class the classes are ranked (zero-shot classification): of many, those that are likeliest by the coarse scales. Pictures larger than the trained size are reduced to it.",
    )
    .argument("<IMAGE>", "PNG, JPEG, WebP, GIF, TIFF or AVIF")
    .optionsGroup("Scoring:")
    .option("--class <ID,NAME,…|none>", "classes to score under; all by default")
    .option("--top <N>", "classes to list", wholeNumber("top", 1, 100000), 10)
    .optionsGroup("Files:")
    .option(
      "--out <DIR>",
      "heat maps under the likeliest class: heat_00.png … per scale, anomaly.png where the picture is unlike its class",
    );
  addComputeFlags(command);
  return { examples: ["flexvar score cat.png", "flexvar score cat.png --class animal-face --out heat"], work: score };
}

async function score([file = ""]: readonly string[], flags: ScoreFlags, { report, signal }: Running): Promise<Outcome> {
  const { classLabels = [] } = parseSampling({ classLabels: samplingInput(flags).classLabels });
  const { loadRgb } = await import("../image/node.ts");
  const { alpha: _, ...image } = await loadRgb(file);
  if (flags.out !== undefined) await expectFolder(flags.out);
  const folder = findModel(flags.model);
  return withModel(folder, flags, report, async (pipe) => {
    const view = { picture: image, hole: new Uint8Array(image.width * image.height) };
    const numClasses = pipe.config.transformer?.numClasses ?? 0;
    const likely = { most: Math.max(FINALISTS, flags.top), signal };
    const picks =
      flags.class === undefined
        ? [{ ids: await likelyClasses(pipe, view, likely) }]
        : await classesOf(pipe, classLabels, view, signal);
    if (picks.some((pick) => "mix" in pick))
      throw new UsageError("--class: expected classes and groups, got a mix of classes");
    const classIds = picks.flatMap(({ ids }) => ids);
    if (flags.class === undefined && classIds.length < numClasses)
      report.log(
        `scored under the ${classIds.length} of ${numClasses} classes that are likeliest by the coarse scales`,
      );
    const size = scoredSize(image, pipe.factor, pipe.config.trainedSide);
    if (size.width !== image.width || size.height !== image.height)
      report.log(`${file}: scored at ${size.width}x${size.height}, it is ${image.width}x${image.height}`);
    await fitStages(pipe, flags, report, file, scoreStages(pipe.config, image, pipe.factor, classIds.length));
    const scores = (await pipe.score({ image, classIds, signal })).sort((a, b) => b.logLikelihood - a.logLikelihood);
    const files = flags.out === undefined ? [] : await writeHeat(flags.out, image, scores[0]!);
    const shares = posterior(scores);
    const listed = scores.slice(0, flags.top);
    return {
      json: {
        model: { path: folder },
        device: pipe.device,
        image: file,
        size: `${size.width}x${size.height}`,
        files,
        scores: listed.map((one, i): Json => asJson(one, shares[i]!)),
        ...measured(pipe.runtime.runMilliseconds()),
      },
      text: listed.map((one) => `${one.bitsPerToken.toFixed(3)}\t${one.classId}\t${nameOf(pipe, one)}`).join("\n"),
    };
  });
}

function nameOf(pipe: FlexVARPipeline, { classId, label }: ClassScore): string {
  return label ?? (classId === pipe.config.transformer?.numClasses ? "(no class)" : "");
}

/** Probabilities of the classes if all were as common, by Bayes' rule; the tokens' dependence is in the model already. */
function posterior(scores: readonly ClassScore[]): number[] {
  const best = Math.max(...scores.map(({ logLikelihood }) => logLikelihood));
  const weights = scores.map(({ logLikelihood }) => Math.exp(logLikelihood - best));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

function asJson({ classId, label, logLikelihood, bitsPerToken, scales }: ClassScore, share: number): Json {
  return {
    class_id: classId,
    class: label ?? null,
    log_likelihood: logLikelihood,
    bits_per_token: bitsPerToken,
    posterior: share,
    scales: scales.map(({ grid, logProbs }) => ({
      grid: formatGrid(grid),
      bits_per_token: -logProbs.reduce((a, b) => a + b, 0) / logProbs.length / Math.LN2,
    })),
  };
}

/** Heat maps at least this long, so that they can be looked at. */
const HEAT_SIDE = 256;

async function writeHeat(out: string, image: RgbImage, { scales }: ClassScore): Promise<string[]> {
  await makeFolder(out);
  const enlarge = Math.max(1, Math.ceil(HEAT_SIDE / Math.max(image.width, image.height)));
  const picture = resizeRgb(image, image.width * enlarge, image.height * enlarge);
  const files: string[] = [];
  const write = async (name: string, values: Float32Array, grid: ClassScore["scales"][number]["grid"]) => {
    const sorted = Float32Array.from(values).sort();
    const path = join(out, name);
    await writeFileAtomic(path, encodePng(heatMap(picture, values, grid, sorted[0]!, sorted.at(-1)!)));
    files.push(path);
  };
  for (const [i, { grid, logProbs }] of scales.entries())
    await write(
      `heat_${String(i).padStart(2, "0")}.png`,
      logProbs.map((value) => -value / Math.LN2),
      grid,
    );
  await write("anomaly.png", anomalyMap(scales), scales.at(-1)!.grid);
  return files;
}
