/** What an evaluation draws: pictures of the model as it is, and beside them the training pictures that lie nearest. */
import { contactSheet, type RgbImage } from "../image/index.ts";
import { createNetworks, FlexVARPipeline, runSteps } from "../pipelines/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Runtime, Weights } from "../runtime/index.ts";
import type { SplitData } from "./data.ts";
import { compareWithTraining, neighbourSheet, type TrainingComparison } from "./neighbours.ts";
import type { TransformerTraining } from "./transformer-config.ts";

type SampleSettings = TransformerTraining["samples"];

/** Classes on a sheet where none are named. */
const DEFAULT_CLASSES = 10;

/** Training pictures up to which every evaluation looks for neighbours; in larger sets only a run's last one does. */
const SEARCHED_ALWAYS = 20_000;

export interface Drawn {
  /** A class a row. */
  readonly sheet: RgbImage;
  /** The same with each sample's neighbours to its right. */
  readonly neighbours?: RgbImage;
  readonly nearest?: TrainingComparison["nearest"];
}

/** Pictures drawn by the model as it is, with the same seeds every time, and their nearest training pictures. */
export async function drawSamples(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
  settings: SampleSettings,
  data: SplitData,
  { mirrored, last }: { readonly mirrored: boolean; readonly last: boolean },
): Promise<Drawn> {
  const pictures = await draw(runtime, config, weights, settings);
  const { perClass, neighbours: count } = settings;
  const sheet = contactSheet(pictures, { columns: perClass, margin: 2, background: [210, 210, 210] });
  if (count === 0 || (data.train.length > SEARCHED_ALWAYS && !last)) return { sheet };
  const { neighbours, nearest } = await compareWithTraining(data, pictures, { count, mirrored });
  return {
    sheet,
    neighbours: await neighbourSheet(data.train, pictures, neighbours, perClass),
    nearest,
  };
}

async function draw(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
  settings: SampleSettings,
): Promise<RgbImage[]> {
  const pipeline = new FlexVARPipeline(config, createNetworks(runtime, config, weights));
  const first = Array.from({ length: Math.min(DEFAULT_CLASSES, config.id2label.length) }, (_, i) => i);
  const pictures: RgbImage[] = [];
  try {
    const { perClass, guidance, topK, topP, seed } = settings;
    const classLabels = settings.classes.length > 0 ? [...settings.classes] : first;
    const options = { classLabels, count: perClass, guidance, topK, topP, seed };
    const steps = runSteps(pipeline, { task: "generate", options, model: "" }, { shown: 0 });
    for await (const step of steps) pictures.push(...step.pictures.map(({ image }) => image));
    return pictures;
  } finally {
    await pipeline.dispose();
  }
}
