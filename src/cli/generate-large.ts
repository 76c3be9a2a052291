/** `generate --large windows`: pictures beyond twice the trained side, drawn in windows over a shared coarse picture. */
import type { SamplingInput } from "../options/index.ts";
import { type LargeOptions, largeOptions } from "../pipelines/index.ts";
import { UsageError } from "./errors.ts";
import { asUsage } from "./option-flags.ts";

/** How messages call what such a run takes. */
const WORDS = { windows: "--large windows", steps: "--steps", scales: "a list of scales" };

/** The options of such a run. @throws UsageError for flags that do not apply. */
export function largeRunOptions(
  input: SamplingInput,
  { trace, batch }: { readonly trace?: string; readonly batch?: number },
): LargeOptions {
  const options = asUsage(() => largeOptions(input, WORDS));
  if (trace !== undefined) throw new UsageError("--trace: expected --large plain, got windows");
  return { ...options, batchSize: batch };
}
