/** What an evaluation draws: pictures of the model as it is, and beside them the training pictures that lie nearest. */
import { contactSheet, planarToRgb, type RgbImage } from "../image/index.ts";
import { createNetworks, FlexVARPipeline } from "../pipelines/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Runtime, Weights } from "../runtime/index.ts";
import { fixedBatch, type SplitData } from "./data.ts";
import { meanNearest, nearestPictures, neighbourSheet } from "./neighbours.ts";

export interface SampleSettings {
  readonly classes: readonly (string | number)[];
  readonly perClass: number;
  readonly guidance: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
  /** Nearest training pictures shown beside each sample; 0 for none. */
  readonly neighbours: number;
}

/** Classes on a sheet where none are named. */
const DEFAULT_CLASSES = 10;

/** Training pictures up to which every evaluation looks for neighbours; in larger sets only a run's last one does. */
const SEARCHED_ALWAYS = 20_000;

export interface Drawn {
  /** A class a row. */
  readonly sheet: RgbImage;
  /** The same with each sample's neighbours to its right. */
  readonly neighbours?: RgbImage;
  /** Mean distance to the nearest training picture (`nearestPictures`), of the samples and of as many held-out pictures. */
  readonly nearest?: { readonly samples: number; readonly heldOut: number };
}

/** Pictures drawn by the model as it is, with the same seeds every time, and their nearest training pictures. */
export async function drawSamples(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
  settings: SampleSettings,
  { train, heldOut }: SplitData,
  { mirrored, last }: { readonly mirrored: boolean; readonly last: boolean },
): Promise<Drawn> {
  const pictures = await draw(runtime, config, weights, settings);
  const { perClass, neighbours: count } = settings;
  const sheet = contactSheet(pictures, { columns: perClass, margin: 2, background: [210, 210, 210] });
  if (count === 0 || (train.length > SEARCHED_ALWAYS && !last)) return { sheet };
  const held = await fixedBatch(heldOut, pictures[0]!.height, pictures.length);
  const planes = { data: held.images, batch: held.count, height: pictures[0]!.height, width: pictures[0]!.height };
  const others = Array.from({ length: held.count }, (_, i) => planarToRgb(planes, i));
  const found = await nearestPictures(train, [...pictures, ...others], { count, mirrored });
  const own = found.slice(0, pictures.length);
  return {
    sheet,
    neighbours: await neighbourSheet(train, pictures, own, perClass),
    nearest: { samples: meanNearest(own), heldOut: meanNearest(found.slice(pictures.length)) },
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
    for await (const event of pipeline.generate({ classLabels, count: perClass, guidance, topK, topP, seed })) {
      if (!event.isLast) continue;
      const image = await event.image();
      for (let i = 0; i < image.batch; i++) pictures.push(planarToRgb(image, i));
    }
    return pictures;
  } finally {
    await pipeline.dispose();
  }
}
