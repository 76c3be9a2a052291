import type { Command } from "commander";
import type { QuantizationLoss } from "../quantize/index.ts";
import { textColumns } from "../report/index.ts";
import { type CommandWork, measured, type Outcome, pulled, type Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { addThreadsFlag, wholeNumber } from "./flags.ts";
import { modelHash } from "./identity.ts";
import { findModel, shownPath } from "./model.ts";

interface QuantizeFlags {
  readonly out?: string;
  readonly check?: boolean;
  readonly pictures?: number;
  readonly seed?: number;
  readonly smoothing?: number;
  readonly mostLoss?: number;
  readonly force?: boolean;
  readonly layers?: boolean;
  readonly threads?: number;
}

/** `flexvar quantize`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Writes a model folder with the transformer's weights in int8: a quarter of the bytes, and products in integers on the CPU. Outliers are smoothed " +
        "by what is seen while the model draws; what it costs is measured on pictures that the original draws, both given the same tokens. Where it costs " +
        "too much, the layers that lose most stay as they are, and beyond that nothing is written.",
    )
    .argument("<DIR|name>", "model folder, or the name of a model")
    .optionsGroup("Files:")
    .option("--out <DIR>", "model folder to make; must be new or empty")
    .option("--check", "only measure what it would cost, and write nothing")
    .option("--force", "write the folder whatever it costs")
    .optionsGroup("Measuring:")
    .option(
      "--pictures <N>",
      "pictures to smooth by, and as many to measure on; 8 by default",
      wholeNumber("pictures", 1, 64),
    )
    .option("--seed <N>", "of these pictures; 0 by default", wholeNumber("seed", 0, 2 ** 31))
    .option("--smoothing <0..1>", "how much of outliers goes into the weights; 0.7 by default", share("smoothing"))
    .option("--most-loss <NATS>", "largest cost, in nats a token; 0.02 by default", share("most-loss"))
    .option("--layers", "measure every layer by itself too");
  addThreadsFlag(command);
  return {
    examples: ["flexvar quantize flexvar-d16 --out models/d16-int8", "flexvar quantize models/emoji --check --layers"],
    work: quantize,
  };
}

/** Reads a number from 0 to 1. */
const share =
  (flag: string) =>
  (text: string): number => {
    const value = /^\d?(\.\d{1,9})?$/.test(text) && text !== "" ? Number(text) : Number.NaN;
    if (value >= 0 && value <= 1) return value;
    throw new UsageError(`--${flag}: expected a number from 0 to 1, got "${text}"`);
  };

async function quantize([named]: readonly string[], flags: QuantizeFlags, running: Running): Promise<Outcome> {
  const { report, signal } = running;
  const { out, check, threads, ...options } = flags;
  if ((out === undefined) === (check !== true)) throw new UsageError("--out: expected a folder to make, or --check");
  const folder = findModel((await pulled({ model: named! }, running)).model);
  const { quantizeFolder } = await import("../quantize/index.ts");
  const { nodeRuntime } = await import("../runtime/node.ts");
  const runtime = nodeRuntime(threads === undefined ? {} : { threads });
  const made = await quantizeFolder(runtime, folder, {
    ...options,
    out,
    signal,
    onProgress: (message) => report.log(message),
  });
  if (out !== undefined) report.log(`model in ${shownPath(out)}`);
  const { loss, kept, layers } = made;
  return {
    json: {
      model: folder,
      ...(out !== undefined && { out, hash: await modelHash(out) }),
      smoothing: made.smoothing,
      pictures: made.pictures,
      divergence: loss.divergence,
      same_greedy: loss.sameGreedy,
      scales: loss.scales.map(({ grid, tokens, divergence, sameGreedy, logits }) => ({
        grid: [...grid],
        tokens,
        divergence,
        same_greedy: sameGreedy,
        logits,
      })),
      kept: [...kept],
      layers: layers === null ? null : layers.map((layer) => ({ ...layer })),
      ...measured(runtime.runMilliseconds()),
    },
    text: [lossText(loss), ...(layers === null ? [] : [layers.map(layerText).join("\n")])].join("\n"),
  };
}

const nats = (divergence: number): string => `${divergence.toFixed(5)} nats a token`;
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

const lossText = ({ scales, divergence, sameGreedy }: QuantizationLoss): string =>
  textColumns([
    ...scales.map(({ grid: [h, w], ...scale }): [string, string] => [
      `${h}x${w}`,
      `${nats(scale.divergence)}, ${percent(scale.sameGreedy)} the same likeliest code, logits within ${percent(scale.logits)}`,
    ]),
    ["all", `${nats(divergence)}, ${percent(sameGreedy)} the same likeliest code`],
  ]);

const layerText = ({ name, divergence }: { name: string; divergence: number }): string =>
  `${nats(divergence)}  ${name}`;
