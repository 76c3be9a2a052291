import { contactSheet, planarToRgb, type RgbImage } from "../image/index.ts";
import { createNetworks, FlexVARPipeline } from "../pipelines/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Runtime, Weights } from "../runtime/index.ts";

export interface SampleSettings {
  readonly classes: readonly (string | number)[];
  readonly perClass: number;
  readonly guidance: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}

/** Classes on a sheet where none are named. */
const DEFAULT_CLASSES = 10;

/** Pictures drawn by the model as it is: a class a row, the same seeds every time. */
export async function sampleSheet(
  runtime: Runtime,
  config: ModelConfig,
  tokenizer: Weights,
  transformer: Weights,
  settings: SampleSettings,
): Promise<RgbImage> {
  const networks = createNetworks(runtime, config, new Map([...tokenizer, ...transformer]));
  const pipeline = new FlexVARPipeline(config, networks);
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
    return contactSheet(pictures, { columns: perClass, margin: 2, background: [210, 210, 210] });
  } finally {
    await pipeline.dispose();
  }
}
