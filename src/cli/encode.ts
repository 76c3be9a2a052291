import { basename, extname } from "node:path";
import type { Command } from "commander";
import { FileError } from "../errors/index.ts";
import type { PixelRect } from "../image/index.ts";
import { parseSampling, SAMPLING_FIELDS, type SamplingField } from "../options/index.ts";
import { formatScales, type Grid, planScales } from "../sampling/index.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { fitStages } from "./cost.ts";
import { addComputeFlags, addSamplingFlags, type ComputeFlags, samplingInput } from "./flags.ts";
import { findModel, shownPath, withModel } from "./model.ts";
import { expectWritable } from "./output.ts";
import { writeTokens } from "./tokens-file.ts";

interface EncodeFlags extends ComputeFlags {
  readonly out?: string;
}

/** The sampling options that choose scales. */
const SCALE_FIELDS: readonly SamplingField[] = ["steps", "stepTable", "scales"];
/** Attention at the lowest level grows with the square of this. */
const MOST_TOKENS = 16384;

/** `flexvar encode`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Encodes a picture to the tokens of every scale: a NumPy archive of scales [n, 2] and tokens_00 … [1, h, w]. " +
        "A picture whose sides the model's factor does not divide is cropped around its centre.",
    )
    .argument("<IMAGE>", "PNG, JPEG, WebP, GIF, TIFF or AVIF");
  addSamplingFlags(
    command,
    SAMPLING_FIELDS.filter((field) => !SCALE_FIELDS.includes(field)),
  )
    .optionsGroup("Files:")
    .option("--out <T.npz>", "file for the tokens; the picture's name with .npz by default");
  addComputeFlags(command);
  return {
    examples: [
      "flexvar encode photo.jpg --out photo.npz",
      "flexvar encode photo.png --scales 1,2,4,8,16 --out photo.npz",
    ],
    work: encode,
  };
}

async function encode([file = ""]: readonly string[], flags: EncodeFlags, { report }: Running): Promise<Outcome> {
  const input = samplingInput(flags);
  const options = parseSampling(input);
  const { cropRgb, loadRgb, rgbToPlanar } = await import("../image/node.ts");
  const picture = await loadRgb(file);
  const out = flags.out ?? `${basename(file, extname(file))}.npz`;
  await expectWritable(out);
  const folder = findModel(flags.model);
  return withModel(folder, flags, report, async (pipe) => {
    const crop = centredCrop(picture, pipe.factor, file);
    if (crop.width !== picture.width || crop.height !== picture.height)
      report.log(
        `${file}: cropped from ${picture.width}x${picture.height} to ${crop.width}x${crop.height} (multiples of ${pipe.factor})`,
      );
    const { grids } = planScales({
      factor: pipe.factor,
      trainedSide: pipe.config.trainedSide,
      ...(options.scales === undefined ? { sizePx: crop } : { scales: options.scales }),
      steps: options.steps,
      table: options.stepTable,
      defaultSteps: pipe.config.defaultSampling.steps,
    });
    await fitStages(pipe, flags, report, `${file} of ${crop.width}x${crop.height}`, [
      { kind: "encode", grid: [crop.height / pipe.factor, crop.width / pipe.factor] },
    ]);
    const scales = await pipe.encode(rgbToPlanar([cropRgb(picture, crop)]), grids);
    await writeTokens(out, scales);
    report.log(`tokens of ${grids.length} scales in ${shownPath(out)}`);
    return {
      json: {
        model: { path: folder },
        device: pipe.device,
        files: [out],
        settings: { image: file, size: `${crop.width}x${crop.height}`, crop: { ...crop }, scales: formatScales(grids) },
        ...measured(pipe.runtime.runMilliseconds()),
      },
    };
  });
}

/** The largest centred part with sides in multiples of the factor. */
export function centredCrop(
  { width, height }: { width: number; height: number },
  factor: number,
  where: string,
): PixelRect {
  const [w, h] = [width - (width % factor), height - (height % factor)];
  if (w === 0 || h === 0) throw new FileError(where, `sides of at least ${factor} pixels`, `${width}x${height}`);
  const grid: Grid = [h / factor, w / factor];
  if (grid[0] * grid[1] > MOST_TOKENS)
    throw new FileError(where, `a picture of at most ${MOST_TOKENS} tokens`, `${grid[0]}x${grid[1]}; make it smaller`);
  return { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h };
}
