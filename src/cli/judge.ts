import type { Command } from "commander";
import type { ClassAccuracy } from "../classifier/index.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { addThreadsFlag, wholeNumber } from "./flags.ts";

interface JudgeFlags {
  readonly judge: string;
  readonly real?: string;
  readonly size?: number;
  readonly threads?: number;
}

/** `flexvar judge`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Says how often a judge (see `flexvar train judge`) gives drawn pictures the class that was asked for, and real held-out " +
        "pictures their own. Pictures are judged at their own size; intervals are 95 % (Wilson).",
    )
    .argument("<PICTURES>", "labelled pictures: .npz, a folder per class, or any form that `flexvar train` takes")
    .optionsGroup("Files:")
    .requiredOption("--judge <DIR>", "a judge's folder")
    .option("--real <PATH>", "real data: its held-out pictures are judged too, at the drawn pictures' size")
    .optionsGroup("Run:")
    .option("--size <N>", "side in pixels that pictures are resized to", wholeNumber("size", 8, 4096));
  addThreadsFlag(command);
  return {
    examples: ["flexvar judge samples.npz --judge models/judges/fashion --real runs/fashion-data"],
    work: judgePictures,
  };
}

async function judgePictures([place]: readonly string[], flags: JudgeFlags, { report }: Running): Promise<Outcome> {
  const { classAccuracy, openClassifier } = await import("../classifier/index.ts");
  const { openDataset } = await import("../data/index.ts");
  const { openSplit } = await import("../train/index.ts");
  const { nodeRuntime } = await import("../runtime/node.ts");
  const judge = await openClassifier(flags.judge, nodeRuntime({ threads: flags.threads }));
  try {
    const drawn = await openDataset(place!, { split: "all" });
    const { image } = await drawn.get(0);
    const size = flags.size ?? Math.min(image.width, image.height);
    report.log(`judging ${drawn.length} pictures at ${size} px: ${judge.name}`);
    const drawnResult = await classAccuracy(judge, drawn, { size });
    await drawn.close();
    let realResult: ClassAccuracy | undefined;
    if (flags.real !== undefined) {
      const { train, heldOut } = await openSplit(flags.real, HELD_OUT_SHARE, 0);
      report.log(`judging ${heldOut.length} real held-out pictures`);
      realResult = await classAccuracy(judge, heldOut, { size });
      await train.close();
    }
    const ratio = realResult && drawnResult.accuracy / realResult.accuracy;
    return {
      text: [
        `pictures: ${described(drawnResult)}`,
        ...(realResult ? [`real held-out: ${described(realResult)}`, `ratio: ${ratio!.toFixed(3)}`] : []),
        ...weakest(drawnResult),
      ].join("\n"),
      json: {
        judge: { name: judge.name, hash: judge.hash },
        size,
        pictures: asJson(drawnResult),
        real: realResult === undefined ? null : asJson(realResult),
        ratio: ratio ?? null,
        ...measured(),
      },
    };
  } finally {
    await judge.close();
  }
}

/** Held out where the real data have no split of their own. */
const HELD_OUT_SHARE = 0.1;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What the shares beside the accuracy are called. */
const SHARES: Readonly<Record<string, string>> = {
  top5_accuracy: "among the five likeliest",
  group_accuracy: "their group",
  group_top5_accuracy: "their group among five",
};

function described({ accuracy, interval, correct, pictures, shares }: ClassAccuracy): string {
  const others = Object.entries(shares).map(([name, { value }]) => `; ${SHARES[name] ?? name} ${percent(value)}`);
  return `${percent(accuracy)} given their own class (${percent(interval[0])} to ${percent(interval[1])}), ${correct} of ${pictures}${others.join("")}`;
}

/** Lines on the classes that are named right least often. */
function weakest({ classes }: ClassAccuracy): string[] {
  const seen = classes.filter((c) => c.pictures > 0);
  const worst = [...seen].sort((a, b) => a.correct / a.pictures - b.correct / b.pictures).slice(0, 5);
  return worst.map(({ label, correct, pictures, takenFor }) => {
    const other = takenFor === undefined ? "" : `, most often taken for ${takenFor.label} (${takenFor.pictures})`;
    return `  ${label}: ${correct} of ${pictures}${other}`;
  });
}

const asJson = ({ shares, classes, ...counts }: ClassAccuracy) => ({
  ...counts,
  ...Object.fromEntries(Object.entries(shares).map(([name, { value }]) => [name, value])),
  classes: classes.map(({ takenFor: _, ...one }) => one),
});
