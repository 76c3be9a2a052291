import { stat } from "node:fs/promises";
import type { Runtime } from "../runtime/index.ts";
import { type FeatureSource, openJudge } from "./extractor.ts";
import { type InceptionOptions, openInception } from "./inception-extractor.ts";

/** Opens a judge's folder, or the published PyTorch conversion of Inception-2015 (a `.pth` or safetensors file). */
export async function openFeatures(
  path: string,
  runtime: Runtime,
  options: InceptionOptions = {},
): Promise<FeatureSource> {
  const isFolder = await stat(path).then((info) => info.isDirectory());
  return isFolder ? openJudge(path, runtime) : openInception(path, runtime, options);
}
