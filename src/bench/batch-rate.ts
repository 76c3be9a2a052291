/** How fast a model draws finished pictures side by side: what a server of it can reach at most. */
import { encodePng, planarToRgb } from "../image/index.ts";
import type { FlexVARPipeline, GenerateOptions } from "../pipelines/index.ts";

export interface BatchRate {
  /** Pictures side by side. */
  readonly batch: number;
  /** Pictures a second, PNG included; the best of the rounds. */
  readonly rate: number;
}

const BATCHES: readonly number[] = [1, 2, 4, 8, 16];

/** Rates of the batch sizes, interleaved over `rounds` rounds after one that warms up. */
export async function batchRates(
  pipe: FlexVARPipeline,
  options: GenerateOptions,
  rounds: number,
  signal?: AbortSignal,
): Promise<BatchRate[]> {
  const best = new Map(BATCHES.map((batch) => [batch, 0]));
  for (let round = 0; round <= rounds; round++)
    for (const batch of BATCHES) {
      const begin = performance.now();
      for await (const scale of pipe.generate({ ...options, count: batch, batchSize: batch, seed: round, signal }))
        if (scale.isLast) {
          const image = await scale.image();
          for (let i = 0; i < batch; i++) encodePng(planarToRgb(image, i));
        }
      const rate = batch / ((performance.now() - begin) / 1000);
      if (round > 0) best.set(batch, Math.max(best.get(batch)!, rate));
    }
  return [...best].map(([batch, rate]) => ({ batch, rate }));
}
