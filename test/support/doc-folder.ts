/** A folder in which documented commands find what they name: a copy of the project's, with small files in place of large ones. */
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeRandomModel } from "../../src/bench/random-model.ts";
import { npyArray, writeNpz } from "../../src/checkpoint/index.ts";
import { encodePng } from "../../src/image/node.ts";
import { flexvarConfig, vq16 } from "../../src/models/index.ts";
import { type ModelConfig, parseModelConfig } from "../../src/pretrained/index.ts";
import { projectRoot } from "./imports.ts";
import { randomPictures } from "./random-inception.ts";
import { writeRandomModel as writeReleased } from "./random-model.ts";

const SMALL_TOKENIZER = { baseChannels: 16, latentChannels: 16, codeDim: 8, codebookSize: 64, normGroups: 4 };
const SMALL_TRANSFORMER = { depth: 1, width: 32, heads: 1, mlpWidth: 32, codebookSize: 64, codeDim: 8 };

/** Fills an empty folder with a package in which the shipped models are small and random, and with the data that commands name. */
export async function writeDocumentationFolder(folder: string): Promise<void> {
  const at = (...parts: string[]): string => join(folder, ...parts);
  const link = (name: string) => symlink(join(projectRoot, name), at(name));
  const isOurs = (path: string): boolean => basename(path) !== "node_modules";
  const copy = (name: string) => cp(join(projectRoot, name), at(name), { recursive: true, filter: isOurs });
  for (const name of ["node_modules", "package.json", "src"]) await link(name);
  for (const name of ["dist", "configs", "examples", "recipes", "models/judges"]) await copy(name);
  for (const name of ["docs/claims", "docs/images"]) await mkdir(at(name), { recursive: true });
  await writeModels(folder);
  await Promise.all([
    writeArchive(at("runs", "fashion-data"), "fashion.npz", {
      side: 32,
      channels: 1,
      classes: await labelsOf("fashion"),
    }),
    writeArchive(at("runs", "emoji-data"), "emoji.npz", { side: 64, channels: 3, classes: EMOJI }),
    writeArchive(at("runs", "emoji-data-128"), "emoji.npz", { side: 128, channels: 3, classes: EMOJI }),
  ]);
  for (const [seed, name] of ["heart", "lock", "weather"].entries())
    for (let i = 0; i < 8; i++) await writePicture(at("my-pictures", name, `${i}.png`), 64, 64, 8 * seed + i);
  await writePicture(at("half.png"), 64, 32, 1);
  await writePicture(at("middle.png"), 64, 32, 2);
  await writePicture(at("face.png"), 64, 64, 3);
  await cp(at("examples", "mask.png"), at("mask.png"));
  await writeFile(at("CARD.md"), "# A model of our own\n");
}

/** Names of emoji, and the classes of the shipped model that they belong to. */
const EMOJI = ["cat face", "dog face", "red heart", "green heart"];

async function labelsOf(model: string): Promise<readonly string[]> {
  return (await configOf(model)).id2label;
}

async function configOf(model: string) {
  const file = join(projectRoot, "models", model, "config.json");
  return parseModelConfig(await readFile(file), file);
}

/** The shipped models with few random weights, one more as a run of our own, and released checkpoints of a small size. */
async function writeModels(folder: string): Promise<void> {
  await writeSmall(join(folder, "models", "emoji"), await configOf("emoji"));
  await writeSmall(join(folder, "models", "fashion"), await configOf("fashion"));
  await writeSmall(join(folder, "runs", "try", "model"), await configOf("fashion"));
  const tokenizer = { ...vq16, baseChannels: 32, resBlocks: 1, decoderResBlocks: 1, latentChannels: 8, codeDim: 8 };
  const released = await writeReleased(
    folder,
    { ...tokenizer, codebookSize: 64 },
    { ...flexvarConfig(1), ...SMALL_TRANSFORMER, numClasses: 1000 },
    "float16",
    1,
  );
  await cp(released.tokenizerFile, join(folder, "FlexVAE.pth"));
  await cp(released.transformerFile, join(folder, "FlexVARd16-epo179.pth"));
}

async function writeSmall(folder: string, config: ModelConfig): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeRandomModel(folder, {
    ...config,
    dtype: "float32",
    tokenizer: { ...config.tokenizer, ...SMALL_TOKENIZER, decoderResBlocks: 1 },
    transformer: config.transformer && { ...config.transformer, ...SMALL_TRANSFORMER },
  });
}

interface Archive {
  readonly side: number;
  readonly channels: 1 | 3;
  readonly classes: readonly string[];
}

/** Forty pictures, every fourth of a class held out, in the form of the recipes' `prepare.mjs`. */
async function writeArchive(folder: string, name: string, { side, channels, classes }: Archive): Promise<void> {
  const count = 40;
  const rgb = randomPictures(count, side, side, 5);
  const images = channels === 3 ? rgb : rgb.filter((_, i) => i % 3 === 0);
  const bytes = (value: (i: number) => number, length = count) => Uint8Array.from({ length }, (_, i) => value(i));
  const labels = BigInt64Array.from({ length: count }, (_, i) => BigInt(i % classes.length));
  await mkdir(folder, { recursive: true });
  await writeNpz(join(folder, name), {
    images: npyArray("uint8", [count, side, side, channels], images),
    labels: npyArray("int64", [count], new Uint8Array(labels.buffer)),
    split: npyArray(
      "uint8",
      [count],
      bytes((i) => Number(Math.floor(i / classes.length) % 4 === 3)),
    ),
    ...(channels === 3 && {
      alpha: npyArray(
        "uint8",
        [count, side, side],
        bytes(() => 255, count * side * side),
      ),
      styles: npyArray("int64", [count], new Uint8Array(8 * count)),
    }),
  });
  const groups = channels === 3 && { groups: { "animal-face": classes.slice(0, 2), heart: classes.slice(2) } };
  const document = { id2label: { ...classes }, ...(channels === 3 && { styles: ["ours"] }), ...groups };
  await writeFile(join(folder, "classes.json"), JSON.stringify(document));
}

async function writePicture(file: string, height: number, width: number, seed: number): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, encodePng({ data: randomPictures(1, height, width, seed), width, height }));
}
