import { createNetworks, loadModelWeights, type Networks, weightBytes } from "../pipelines/index.ts";
import { openFolder } from "../pretrained/node.ts";
import type { ComputeType, Runtime } from "../runtime/index.ts";

/** Opens a model with the sessions that a picture takes. */
export async function openNetworks(
  folder: string,
  runtime: Runtime,
  prepack: boolean,
  dtype: ComputeType = "fp32",
): Promise<{ networks: Networks; weightsMB: number; openSeconds: number }> {
  const begin = performance.now();
  const model = await openFolder(folder);
  try {
    const weights = await loadModelWeights(model, runtime.provider === "cpu", dtype);
    const { tokenizer, transformer } = model.config;
    const networks = createNetworks(runtime, { tokenizer, transformer }, weights, { prepack, dtype });
    await Promise.all([networks.conditioning(), networks.embed(), networks.step(true), networks.decoder()]);
    return { networks, weightsMB: weightBytes(weights) / 2 ** 20, openSeconds: (performance.now() - begin) / 1000 };
  } finally {
    await model.close();
  }
}
