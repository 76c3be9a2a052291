import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { readProblem } from "../files/index.ts";
import type { RgbImage } from "../image/index.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { wholeNumber } from "./flags.ts";
import { shownPath } from "./model.ts";
import { expectWritable } from "./output.ts";

interface NeighbourFlags {
  readonly data: string;
  readonly config?: string;
  readonly out: string;
  readonly neighbours: number;
  readonly columns: number;
}

/** `flexvar neighbours`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Shows the nearest training pictures beside drawn ones, and says how far they are; held-out pictures' distances, " +
        "printed beside, tell how far unseen pictures lie. Compared are centre squares, reduced to 16x16 pixels, by root mean " +
        "square difference on [-1, 1]; a training picture's mirror image counts too.",
    )
    .argument("<PICTURES...>", "drawn pictures, or folders of them")
    .optionsGroup("Files:")
    .requiredOption("--data <PATH>", "the training data, as `flexvar train` takes it")
    .option("--config <F.json>", "the transformer's config: which pictures it held out, where the data has no split")
    .requiredOption("--out <F.png>", "file for the sheet")
    .optionsGroup("Sheet:")
    .option("--neighbours <N>", "training pictures beside each drawn one", wholeNumber("neighbours", 1, 32), 1)
    .option("--columns <N>", "drawn pictures a row", wholeNumber("columns", 1, 1000), 10);
  return {
    examples: [
      "flexvar neighbours samples --data runs/emoji-data --out neighbours.png",
      "flexvar neighbours out/000.png --data my-pictures --config configs/pictures-transformer.json --neighbours 5 --out near.png",
    ],
    work: neighbours,
  };
}

async function neighbours(places: readonly string[], flags: NeighbourFlags, running: Running): Promise<Outcome> {
  const { report } = running;
  const { compareWithTraining, neighbourSheet, openSplit, readConfig, transformerTrainingSchema } = await import(
    "../train/index.ts"
  );
  const { encodePng, loadRgb } = await import("../image/node.ts");
  const { writeFileAtomic } = await import("../files/index.ts");
  await expectWritable(flags.out);
  const files = (await Promise.all(places.flat().map(filesOf))).flat();
  const pictures: RgbImage[] = [];
  for (const file of files) pictures.push(await loadRgb(file));
  const config = flags.config === undefined ? undefined : await readConfig(transformerTrainingSchema, flags.config);
  const data = await openSplit(flags.data, config?.data.heldOutShare ?? HELD_OUT_SHARE, config?.seed ?? 0);
  try {
    report.log(`comparing ${pictures.length} pictures with ${data.train.length} training pictures`);
    const options = { count: flags.neighbours, mirrored: true };
    const { neighbours: found, nearest } = await compareWithTraining(data, pictures, options);
    const sheet = await neighbourSheet(data.train, pictures, found, flags.columns);
    await writeFileAtomic(flags.out, encodePng(sheet));
    report.log(`sheet in ${shownPath(flags.out)}`);
    const round = (value: number): number => Number(value.toPrecision(4));
    return {
      text: `mean distance to the nearest training picture: ${round(nearest.samples)}; of held-out pictures: ${round(nearest.heldOut)}`,
      json: {
        files: [flags.out],
        nearest: { samples: round(nearest.samples), held_out: round(nearest.heldOut) },
        pictures: files.map((file, i) => ({
          file,
          neighbours: found[i]!.map(({ name, mirrored, distance }) => ({ name, mirrored, distance: round(distance) })),
        })),
        ...measured(),
      },
    };
  } finally {
    await data.train.close();
  }
}

/** Held out where neither the data nor a config says: the config schema's own value. */
const HELD_OUT_SHARE = 0.05;

/** A picture file, or the pictures of a folder by name. */
async function filesOf(place: string): Promise<string[]> {
  const info = await stat(place).catch((error: unknown) => {
    throw new UsageError(`PICTURES: expected a picture or a folder, got "${place}" (${readProblem(error)})`, {
      cause: error,
    });
  });
  if (!info.isDirectory()) return [place];
  const { listPictures } = await import("../data/index.ts");
  const pictures = await listPictures(place);
  if (pictures.length === 0) throw new UsageError(`PICTURES: expected pictures in "${place}", got none`);
  return pictures;
}
