import { join } from "node:path";
import type { Command } from "commander";
import { ExpectedError, inFile } from "../errors/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { encodePng, planarToRgb } from "../image/index.ts";
import { formatScales, type Grid } from "../sampling/index.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { fitStages } from "./cost.ts";
import { UsageError } from "./errors.ts";
import { addComputeFlags, type ComputeFlags } from "./flags.ts";
import { findModel, shownPath, withModel } from "./model.ts";
import { expectFolder, makeFolder, pictureName, scaleName } from "./output.ts";
import { perPicture, readTokens } from "./tokens-file.ts";

interface DecodeFlags extends ComputeFlags {
  readonly out: string;
  readonly scale?: string;
}

/** `flexvar decode`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Decodes tokens (of `flexvar encode` or `generate --trace`) to pictures: 000.png, 001.png, … of one scale, or with " +
        "--scale all 000_00.png, 000_01.png, … (picture, scale).",
    )
    .argument("<T.npz>", "scales and tokens_00 … as encode writes them")
    .optionsGroup("Files:")
    .option("--out <DIR>", "folder for the pictures", "out")
    .option("--scale <i|all>", "which scale, from 0; the last by default");
  addComputeFlags(command);
  return {
    examples: ["flexvar decode photo.npz --out decoded", "flexvar decode photo.npz --scale all --out scales"],
    work: decode,
  };
}

async function decode(
  [file = ""]: readonly string[],
  flags: DecodeFlags,
  { report, signal }: Running,
): Promise<Outcome> {
  const chosen = await readTokens(file, (grids) => chosenScales(flags.scale, grids.length));
  const folder = findModel(flags.model);
  await expectFolder(flags.out);
  return withModel(folder, flags, report, async (pipe) => {
    const stages = chosen.map(({ scale }) => ({ kind: "decode" as const, grid: scale.grid }));
    await fitStages(pipe, flags, report, file, stages);
    await makeFolder(flags.out);
    const files: string[] = [];
    const pictures = chosen.flatMap(({ index, scale }) => perPicture(scale).map((one, b) => ({ index, one, b })));
    const batch = pictures.length / chosen.length;
    for (const [done, { index, one, b }] of pictures.entries()) {
      signal.throwIfAborted();
      const image = await pipe.decode(one).catch((error: unknown) => {
        throw error instanceof ExpectedError ? inFile(file, error) : error;
      });
      const name = flags.scale === "all" ? scaleName(b, batch, index) : pictureName(b, batch);
      const path = join(flags.out, name);
      await writeFileAtomic(path, encodePng(planarToRgb(image)));
      files.push(path);
      report.progress(done + 1, pictures.length, name);
    }
    report.finish();
    report.log(`${files.length === 1 ? "1 picture" : `${files.length} pictures`} in ${shownPath(flags.out)}`);
    const grids = chosen.map(({ scale }): Grid => scale.grid);
    return {
      json: {
        model: { path: folder },
        device: pipe.device,
        files,
        settings: { tokens: file, scales: formatScales(grids), scale_indices: chosen.map(({ index }) => index) },
        ...measured(pipe.runtime.runMilliseconds()),
      },
    };
  });
}

/** Scale numbers that `--scale` asks for. @throws UsageError naming the range. */
export function chosenScales(asked: string | undefined, count: number): number[] {
  if (asked === undefined) return [count - 1];
  if (asked === "all") return Array.from({ length: count }, (_, i) => i);
  if (/^\d{1,6}$/.test(asked) && Number(asked) < count) return [Number(asked)];
  throw new UsageError(`--scale: expected a number from 0 to ${count - 1}, or all, got "${asked}"`);
}
