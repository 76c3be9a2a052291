/** `generate --large windows`: pictures beyond twice the trained side, drawn in windows over a shared coarse picture. */
import type { SamplingInput } from "../options/index.ts";
import type { LargeOptions } from "../pipelines/index.ts";
import { UsageError } from "./errors.ts";

/** The options of such a run. @throws UsageError for flags that do not apply. */
export function largeOptions(
  { classLabels = [], size, scales, ...sampling }: SamplingInput,
  { trace, batch }: { readonly trace?: string; readonly batch?: number },
): LargeOptions {
  if (!Array.isArray(size) || typeof size[0] !== "number" || typeof size[1] !== "number")
    throw new UsageError("--size: expected the size to draw with --large windows, got none");
  if (scales !== undefined)
    throw new UsageError("--scales: expected --steps with --large windows, got a list of scales");
  if (trace !== undefined) throw new UsageError("--trace: expected --large plain, got windows");
  return { ...sampling, classLabels, size: [size[0], size[1]], batchSize: batch };
}
