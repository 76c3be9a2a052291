/** A model folder whose transformer is stored in integers. */
import { join } from "node:path";
import { type TensorSource, tensorSource, toFloat32, writeSafetensors } from "../checkpoint/index.ts";
import { FileError, OptionError } from "../errors/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { quantizedParam } from "../models/index.ts";
import { createNetworks, transformerOf } from "../pipelines/index.ts";
import {
  CARD_FILE,
  CONFIG_FILE,
  expectNewFolder,
  formatModelConfig,
  loadWeights,
  type ModelFolder,
  openFolder,
  TOKENIZER_FILE,
  TRANSFORMER_FILE,
  type WeightFile,
  writeFolder,
} from "../pretrained/node.ts";
import type { Runtime, Weights } from "../runtime/index.ts";
import { quantizedCard } from "./card.ts";
import { drawnPictures } from "./drawn.ts";
import { type LayerLoss, layerLosses, mixedWeights } from "./layers.ts";
import { measureLoss, type QuantizationLoss } from "./loss.ts";
import { smoothed, smoothing } from "./smooth.ts";
import { watchProducts } from "./watch.ts";

export interface QuantizeOptions {
  /** Folder to make, new or empty; left out, only the loss is measured. */
  readonly out?: string | undefined;
  /** Pictures that are drawn to calibrate by, and as many others to measure the loss on; 8 by default. */
  readonly pictures?: number | undefined;
  /** From 0, no smoothing, to 1, all outliers into the weights; 0.7 by default. */
  readonly smoothing?: number | undefined;
  /** Largest loss in nats a token; {@link MOST_LOSS} by default. */
  readonly mostLoss?: number | undefined;
  /** Write the folder whatever it loses. */
  readonly force?: boolean | undefined;
  /** Measure every layer by itself as well, whether that is needed or not. */
  readonly layers?: boolean | undefined;
  readonly seed?: number | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface QuantizeReport {
  readonly loss: QuantizationLoss;
  /** Names of weights that stayed as they were. */
  readonly kept: readonly string[];
  /** Every layer by itself, where that was measured. */
  readonly layers: readonly LayerLoss[] | null;
  readonly smoothing: number;
  readonly pictures: number;
}

/** Nats a token that a quantised model may differ from its original by, on average over all tokens. */
const MOST_LOSS = 0.02;

/**
 * Quantises a model folder's transformer: outliers are smoothed by what is seen while the model draws, the loss against float32 is measured on
 * other pictures, and where it is too large the layers that lose most stay as they are. The folder appears whole or not at all.
 * @throws OptionError where the model is in integers already or has no transformer; Error where it loses too much.
 */
export async function quantizeFolder(
  runtime: Runtime,
  folder: string,
  options: QuantizeOptions = {},
): Promise<QuantizeReport> {
  const { out } = options;
  if (out !== undefined) await expectNewFolder(out);
  const model = await openFolder(folder);
  try {
    if (model.config.dtype === "int8") throw new OptionError("model", "weights in floating point", "int8 already");
    if (model.transformer === null) throw new OptionError("model", "a transformer", "a tokenizer alone");
    const { report, weights } = await quantize(runtime, model, model.transformer, options);
    if (out !== undefined) {
      options.onProgress?.("writing");
      await writeFolder(out, (draft) => writeQuantized(model, weights, report, draft));
    }
    return report;
  } finally {
    await model.close();
  }
}

/** What is to be written: the weights in integers by their stored names, and where the others lie. */
interface Quantized {
  readonly file: WeightFile;
  readonly integers: Weights;
}

async function quantize(
  runtime: Runtime,
  model: ModelFolder,
  transformer: WeightFile,
  options: QuantizeOptions,
): Promise<{ report: QuantizeReport; weights: Quantized }> {
  const { pictures = 8, smoothing: alpha = 0.7, seed = 0, mostLoss = MOST_LOSS, force = false, signal } = options;
  const { onProgress = () => {} } = options;
  const { config } = model;
  const tokenizer = await loadWeights(model.tokenizer, true);
  const asStored: Weights = new Map([...tokenizer, ...(await loadWeights(transformer, true))]);
  const file = await smoothedFile(runtime, model, transformer, asStored, alpha, options);
  signal?.throwIfAborted();
  const all: Weights = new Map([...tokenizer, ...(await loadWeights(file, true, { inIntegers: true }))]);
  const drawn = drawnPictures(config, pictures, seed);
  const reference = createNetworks(runtime, config, asStored);
  const lossOf = async (weights: Weights): Promise<QuantizationLoss> => {
    onProgress("measuring the loss");
    const networks = createNetworks(runtime, config, weights);
    return measureLoss(reference, networks, drawn).finally(() => networks.dispose());
  };
  try {
    let [integers, loss] = [all, await lossOf(all)];
    let [kept, layers]: [readonly string[], LayerLoss[] | null] = [[], null];
    if (options.layers === true || (loss.divergence > mostLoss && !force)) {
      const floats: Weights = new Map([...tokenizer, ...(await loadWeights(file, true))]);
      const onLayer = (i: number, n: number, name: string): void => onProgress(`layer ${i + 1} of ${n}: ${name}`);
      layers = await layerLosses(runtime, config, { floats, integers: all }, reference, drawn, onLayer, signal);
      for (let count = 1; loss.divergence > mostLoss && count <= layers.length / 2; count *= 2) {
        kept = layers.slice(0, count).map(({ name }) => name);
        const stays = new Set(kept);
        integers = mixedWeights(floats, all, (name) => !stays.has(name));
        loss = await lossOf(integers);
      }
    }
    if (loss.divergence > mostLoss && !force)
      throw new FileError(
        model.path,
        `integers to cost at most ${mostLoss} nats a token`,
        `${loss.divergence.toFixed(4)}; by force it is written all the same`,
      );
    return { report: { loss, kept, layers, smoothing: alpha, pictures }, weights: { file, integers } };
  } finally {
    await reference.dispose();
  }
}

/** The transformer's weights with outliers of activations moved into them; the network is the same. */
async function smoothedFile(
  runtime: Runtime,
  { config }: ModelFolder,
  transformer: WeightFile,
  weights: Weights,
  alpha: number,
  { pictures = 8, seed = 0, onProgress = () => {} }: QuantizeOptions,
): Promise<WeightFile> {
  if (alpha === 0) return transformer;
  onProgress("drawing pictures to calibrate by");
  const seen = await watchProducts(runtime, config, weights, drawnPictures(config, pictures, seed + 1));
  const read = async (name: string): Promise<Float32Array> => {
    const entry = transformer.file.tensors.get(name)!;
    return toFloat32(await entry.read(), entry.dtype);
  };
  return smoothed(transformer, await smoothing(transformerOf(config), seen, alpha, read));
}

async function writeQuantized(
  model: ModelFolder,
  { file: { file, decls }, integers }: Quantized,
  report: QuantizeReport,
  draft: string,
): Promise<void> {
  const tensors = decls.flatMap(({ name, shape }): [string, TensorSource][] => {
    const { weight, scale } = quantizedParam(name);
    if (!integers.has(weight)) return [[name, file.tensors.get(name)!]];
    const [N, K] = shape as readonly [number, number];
    return [
      [weight, tensorSource("int8", [K, N], bytesOf(integers, weight))],
      [scale, tensorSource("float32", [N], bytesOf(integers, scale))],
    ];
  });
  await writeSafetensors(join(draft, TOKENIZER_FILE), model.tokenizer.file.tensors);
  await writeSafetensors(join(draft, TRANSFORMER_FILE), tensors);
  await writeFileAtomic(join(draft, CARD_FILE), await quantizedCard(model.path, report));
  await writeFileAtomic(join(draft, CONFIG_FILE), formatModelConfig({ ...model.config, dtype: "int8" }));
}

function bytesOf(weights: Weights, name: string): Uint8Array {
  const found = weights.get(name);
  if (found?.kind !== "memory") throw new Error(`weights: expected "${name}" in memory, got ${found?.kind}`);
  return new Uint8Array(found.data.buffer, found.data.byteOffset, found.data.byteLength);
}
