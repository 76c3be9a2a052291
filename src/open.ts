/** Opening models in Node. */
import { createNetworks, FlexVARPipeline } from "./pipelines/index.ts";
import { loadWeights } from "./pretrained/index.ts";
import { openFolder } from "./pretrained/node.ts";
import type { Weights } from "./runtime/index.ts";
import { nodeRuntime } from "./runtime/node.ts";

export interface FromPretrainedOptions {
  /** `cpu` (default) or `webgpu`. */
  readonly device?: string | undefined;
  /** What the networks compute in. fp32 is what this build has; weights stored in half precision are widened. */
  readonly dtype?: string | undefined;
  /** Threads of one operator; all cores by default. */
  readonly threads?: number | undefined;
  /** Maps the weights and re-packs none: opens at once and takes no second copy; steps of few tokens are slower. */
  readonly lowMemory?: boolean | undefined;
  readonly onProgress?: ((event: { readonly message: string }) => void) | undefined;
}

/** Models by folder. */
export const FlexVAR = {
  /**
   * Opens a model folder (`config.json`, `tokenizer.safetensors`, `transformer.safetensors`).
   * @throws Error naming the file or option, what was expected and what was found.
   */
  async fromPretrained(folder: string, options: FromPretrainedOptions = {}): Promise<FlexVARPipeline> {
    const { device, dtype = "fp32", threads, lowMemory = false, onProgress = () => {} } = options;
    if (dtype !== "fp32") throw new Error(`dtype: expected fp32 (what this build computes in), got ${dtype}`);
    const runtime = nodeRuntime({
      ...(device === undefined ? {} : { device }),
      ...(threads === undefined ? {} : { threads }),
    });
    onProgress({ message: `opening ${folder}` });
    const model = await openFolder(folder);
    try {
      const map = runtime.provider === "cpu";
      const weights: Weights = new Map([
        ...(await loadWeights(model.tokenizer, map)),
        ...(model.transformer === null ? [] : await loadWeights(model.transformer, map)),
      ]);
      const { tokenizer, transformer } = model.config;
      const networks = createNetworks(runtime, { tokenizer, transformer }, weights, { prepack: !lowMemory });
      return new FlexVARPipeline(model.config, networks);
    } finally {
      await model.close();
    }
  },
};

export type FlexVAR = FlexVARPipeline;
