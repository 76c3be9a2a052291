/** How pictures are judged: the flags that `evaluate` and `sweep` share. */
import { type Command, Option } from "commander";
import { DEFAULT_REPLICATES, defaultReplicates, type SetMetric, type Sides, setMetrics } from "../evaluate/index.ts";
import { MAX_IMAGE_SIDE } from "../image/index.ts";
import { parsePair } from "../sampling/index.ts";
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
    .option("--resize <MODE>", "how Inception's pictures reach 299 px; tensorflow-bilinear by default")
    .option("--at <N|WxH>", "bring all pictures to this size (centre part, cubic); as they are by default", readSides)
    .optionsGroup("Numbers:")
    .option("--metrics <LIST>", `some of ${setMetrics.join(", ")}, with commas between; all by default`, readMetrics)
    .option(
      "--bootstrap <N>",
      `replicates of each interval, 0 for none; ${DEFAULT_REPLICATES} by default, of Fréchet distances ${defaultReplicates(1024)} ` +
        `beyond 256 features and ${defaultReplicates(2048)} beyond 1024`,
      wholeNumber("bootstrap", 0, 100_000),
    )
    .addOption(
      new Option(
        "--split <SIDE>",
        "side of the reference's own split; held-out where there is one, by default",
      ).choices(["train", "held-out", "all"]),
    );
}

function readSides(text: string): Sides {
  const [width, height] = parsePair(text) ?? [0, 0];
  if (width >= 1 && height >= 1 && Math.max(width, height) <= MAX_IMAGE_SIDE) return { width, height };
  throw new UsageError(`--at: expected N or WxH in pixels, from 1 to ${MAX_IMAGE_SIDE}, got "${text}"`);
}

function readMetrics(text: string): SetMetric[] {
  const isMetric = (name: string): name is SetMetric => (setMetrics as readonly string[]).includes(name);
  return text.split(",").map((part) => {
    const name = part.trim();
    if (isMetric(name)) return name;
    throw new UsageError(`--metrics: expected some of ${setMetrics.join(",")}, got "${name}"`);
  });
}
