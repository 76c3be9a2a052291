/** How pictures are judged: the flags that `evaluate` and `sweep` share. */
import { type Command, Option } from "commander";
import { DEFAULT_REPLICATES, defaultReplicates, type SetMetric, type Sides, setMetrics } from "../evaluate/index.ts";
import { UsageError } from "./errors.ts";
import type { FeatureFlags } from "./evaluate-features.ts";
import { wholeNumber } from "./flags.ts";

export interface JudgingFlags extends FeatureFlags {
  readonly metrics?: readonly SetMetric[];
  readonly at?: Sides;
  readonly split?: "train" | "held-out" | "all";
  readonly bootstrap?: number;
}

/** @param unlessTold when `--features` may be left out, and what is taken then. */
export function addJudgingFlags(command: Command, unlessTold: string): Command {
  return command
    .optionsGroup("Features:")
    .option(
      "--features <inception|DIR|name>",
      `network that pictures are compared by: Inception-2015, a judge's folder (\`flexvar train judge\`), or a shipped judge; ${unlessTold}`,
    )
    .option("--weights <F.pth>", "Inception's weights: the published PyTorch conversion")
    .option("--resize <MODE>", "how Inception's pictures reach 299 px; tensorflow-bilinear unless told")
    .addOption(
      new Option("--at <N|WxH>", "bring all pictures to this size (centre part, cubic); as they are unless told")
        .argParser(readSides)
        .helpGroup("Features:"),
    )
    .optionsGroup("Numbers:")
    .option("--metrics <LIST>", `some of ${setMetrics.join(",")}; all unless told`, readMetrics)
    .option(
      "--bootstrap <N>",
      `replicates of each interval, 0 for none; ${DEFAULT_REPLICATES} unless told, of Fréchet distances ${defaultReplicates(1024)} ` +
        `beyond 256 features and ${defaultReplicates(2048)} beyond 1024`,
      wholeNumber("bootstrap", 0, 100_000),
    )
    .addOption(
      new Option("--split <SIDE>", "side of the reference's own split; held-out where there is one, unless told")
        .choices(["train", "held-out", "all"])
        .helpGroup("Numbers:"),
    );
}

function readSides(text: string): Sides {
  const match = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(text.trim());
  const width = Number(match?.[1]);
  const height = Number(match?.[2] ?? match?.[1]);
  if (width >= 1 && height >= 1 && Math.max(width, height) <= 16384) return { width, height };
  throw new UsageError(`--at: expected N or WxH in pixels, from 1 to 16384, got "${text}"`);
}

function readMetrics(text: string): SetMetric[] {
  const isMetric = (name: string): name is SetMetric => (setMetrics as readonly string[]).includes(name);
  return text.split(",").map((part) => {
    const name = part.trim();
    if (isMetric(name)) return name;
    throw new UsageError(`--metrics: expected some of ${setMetrics.join(",")}, got "${name}"`);
  });
}
