/** `generate --large windows`: pictures beyond twice the trained side, drawn in windows over a shared coarse picture. */
import type { SettingsRecord } from "../image/index.ts";
import type { SamplingInput } from "../options/index.ts";
import { type Costs, type FlexVARPipeline, fitLarge, type LargeOptions, runSettings } from "../pipelines/index.ts";
import type { Running } from "./command.ts";
import { type EstimateJson, estimated } from "./cost.ts";
import { paintFiles } from "./edit-run.ts";
import { UsageError } from "./errors.ts";
import { asUsage } from "./option-flags.ts";
import { makeFolder } from "./output.ts";

export interface LargeFlags {
  readonly out: string;
  readonly preview?: boolean;
  readonly grid?: boolean;
  readonly metadata: boolean;
  readonly trace?: string;
  readonly batch?: number;
}

/** The options of such a run. @throws UsageError for flags that do not apply. */
function largeOptions(
  { classLabels = [], size, scales, ...sampling }: SamplingInput,
  { trace, batch }: LargeFlags,
): LargeOptions {
  if (!Array.isArray(size) || typeof size[0] !== "number" || typeof size[1] !== "number")
    throw new UsageError("--size: expected the size to draw with --large windows, got none");
  if (scales !== undefined)
    throw new UsageError("--scales: expected --steps with --large windows, got a list of scales");
  if (trace !== undefined) throw new UsageError("--trace: expected --large plain, got windows");
  return { ...sampling, classLabels, size: [size[0], size[1]], batchSize: batch };
}

/** What was drawn, with the run's settings. */
export type DrawnLarge = Awaited<ReturnType<typeof paintFiles>> & {
  readonly settings: SettingsRecord;
  readonly estimate?: EstimateJson | undefined;
};

/** Draws and writes pictures as `generate --large windows` asks. @param model identity for the settings in each PNG. */
export async function drawLarge(
  pipe: FlexVARPipeline,
  input: SamplingInput,
  flags: LargeFlags,
  model: string,
  running: Running,
  costs?: Costs,
): Promise<DrawnLarge> {
  return paintLarge(pipe, largeOptions(input, flags), flags, model, running, costs);
}

/** The same from options: what `generate` and `repeat` share. */
export async function paintLarge(
  pipe: FlexVARPipeline,
  options: LargeOptions,
  flags: { readonly out: string; readonly preview?: boolean; readonly grid?: boolean; readonly metadata?: boolean },
  model: string,
  running: Running,
  costs?: Costs,
): Promise<DrawnLarge> {
  const settings = asUsage(() => runSettings(pipe.config, { task: "generate-large", options, model }));
  const fit = ({ model: costModel, budget }: Costs) => ({ cost: fitLarge(pipe.config, costModel, options, budget) });
  const estimate = costs && estimated(costs, running.report, fit).json;
  await makeFolder(flags.out);
  const events = pipe.generateLarge({ ...options, signal: running.signal });
  const drawn = await paintFiles(events, flags, flags.metadata === false ? undefined : settings, running);
  return { ...drawn, settings, estimate };
}
