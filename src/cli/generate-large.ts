/** `generate --large windows`: pictures beyond twice the trained side, drawn in windows over a shared coarse picture. */
import type { SamplingInput } from "../options/index.ts";
import type { FlexVARPipeline } from "../pipelines/index.ts";
import type { Running } from "./command.ts";
import { paintFiles } from "./edit-run.ts";
import { UsageError } from "./errors.ts";
import { makeFolder } from "./output.ts";

export interface LargeFlags {
  readonly out: string;
  readonly preview?: boolean;
  readonly grid?: boolean;
  readonly trace?: string;
  readonly batch?: number;
}

/** Draws and writes them. Their settings are not embedded: `repeat` draws whole pictures only. @throws UsageError for flags that do not apply. */
export async function drawLarge(
  pipe: FlexVARPipeline,
  { classLabels = [], size, scales, ...sampling }: SamplingInput,
  flags: LargeFlags,
  running: Running,
): Promise<Awaited<ReturnType<typeof paintFiles>>> {
  if (!Array.isArray(size) || typeof size[0] !== "number" || typeof size[1] !== "number")
    throw new UsageError("--size: expected the size to draw with --large windows, got none");
  if (scales !== undefined)
    throw new UsageError("--scales: expected --steps with --large windows, got a list of scales");
  if (flags.trace !== undefined) throw new UsageError("--trace: expected --large plain, got windows");
  await makeFolder(flags.out);
  const events = pipe.generateLarge({
    ...sampling,
    classLabels,
    size: [size[0], size[1]],
    signal: running.signal,
    batchSize: flags.batch,
  });
  return paintFiles(events, flags, undefined, running);
}
