import { stat } from "node:fs/promises";
import type { FeatureExtractor } from "../evaluate/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { openJudge } from "./extractor.ts";
import { type InceptionOptions, openInception } from "./inception-extractor.ts";

/** A network that metrics are computed on, with its session. */
export interface FeatureSource extends FeatureExtractor {
  close(): Promise<void>;
}

/** Opens a judge's folder, or the published PyTorch conversion of Inception-2015 (a `.pth` or safetensors file). */
export async function openFeatures(
  path: string,
  runtime: Runtime,
  options: InceptionOptions = {},
): Promise<FeatureSource> {
  const isFolder = await stat(path).then((info) => info.isDirectory());
  return isFolder ? openJudge(path, runtime) : openInception(path, runtime, options);
}
