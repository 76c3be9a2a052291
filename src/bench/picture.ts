/** A picture of the model that is measured: opening it, and drawing one. */

import type { ResolvedSampling } from "../options/index.ts";
import { createNetworks, type Networks, release, sampleScales } from "../pipelines/index.ts";
import { loadWeights } from "../pretrained/index.ts";
import { openFolder } from "../pretrained/node.ts";
import type { Runtime } from "../runtime/index.ts";
import { type Grid, imageStream } from "../sampling/index.ts";

/** Opens a model with the sessions that a picture takes. */
export async function openNetworks(
  folder: string,
  runtime: Runtime,
  prepack: boolean,
): Promise<{ networks: Networks; weightsMB: number; openSeconds: number }> {
  const begin = performance.now();
  const model = await openFolder(folder);
  try {
    const weights = new Map([
      ...(await loadWeights(model.tokenizer, true)),
      ...(await loadWeights(model.transformer!, true)),
    ]);
    const bytes = [...weights.values()].reduce((n, w) => n + (w.kind === "file" ? w.length : w.data.byteLength), 0);
    const { tokenizer, transformer } = model.config;
    const networks = createNetworks(runtime, { tokenizer, transformer }, weights, { prepack });
    await Promise.all([networks.conditioning(), networks.embed(), networks.step(true), networks.decoder()]);
    return { networks, weightsMB: bytes / 2 ** 20, openSeconds: (performance.now() - begin) / 1000 };
  } finally {
    await model.close();
  }
}

/** Samples and decodes one picture: seconds of both parts, and the share of time outside ONNX Runtime. */
export async function oneImage(networks: Networks, sampling: ResolvedSampling, seed: number) {
  const { runtime } = networks;
  const insideBefore = runtime.runMilliseconds();
  const begin = performance.now();
  let last: { grid: Grid; tokens: Int32Array } | undefined;
  const rows = [{ classId: 0, random: imageStream(seed, 0, 0) }];
  for await (const scale of sampleScales(networks, { ...sampling, rows })) last = scale;
  const sampled = performance.now();
  const [h, w] = last!.grid;
  const { image } = await (await networks.decoder()).run({ tokens: runtime.ints(last!.tokens, [1, h, w]) });
  const end = performance.now();
  release(image);
  const inside = runtime.runMilliseconds() - insideBefore;
  return {
    transformer: (sampled - begin) / 1000,
    decoder: (end - sampled) / 1000,
    image: (end - begin) / 1000,
    hostShare: 1 - inside / (end - begin),
  };
}
