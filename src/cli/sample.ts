import type { Command } from "commander";
import { openSampleStore } from "../evaluate/index.ts";
import { planarToRgb } from "../image/index.ts";
import { runSettings } from "../pipelines/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { addComputeFlags, type ComputeFlags, wholeNumber } from "./flags.ts";
import { modelHash } from "./identity.ts";
import { measured } from "./measure.ts";
import { findModel, openModel, shownPath } from "./model.ts";
import { addSamplingFlags, asUsage, samplingInput } from "./sampling-flags.ts";

interface SampleFlags extends ComputeFlags {
  readonly out: string;
  readonly total: number;
  readonly shard?: Shard;
  readonly batch?: number;
}

interface Shard {
  readonly index: number;
  readonly of: number;
}

/** `flexvar sample`. */
export function define(command: Command, context: Context): void {
  command.description(
    "Draws a class-balanced set of pictures into an .npz file (arr_0 uint8 [N, H, W, 3], arr_1 labels) for `flexvar evaluate` " +
      "and other evaluators. Picture i has class i modulo the number of classes and a random stream of its own. A run that " +
      "was killed goes on with the same command; several processes share a set by --shard.",
  );
  addSamplingFlags(command, ["count"])
    .optionsGroup("Set:")
    .requiredOption("--out <F.npz>", "file for the set")
    .requiredOption("--total <N>", "pictures in the set", wholeNumber("total", 1, 10_000_000))
    .option(
      "--shard <i/n>",
      "draw every n-th picture from the i-th, i from 0; the last process writes the set",
      readShard,
    );
  addComputeFlags(command).option(
    "--batch <N>",
    "pictures side by side; changes no picture",
    wholeNumber("batch", 1, 4096),
  );
  carryOut(
    command,
    context,
    ["flexvar sample --total 1000 --out samples.npz", "flexvar sample --total 50000 --out samples.npz --shard 0/2"],
    sample,
  );
}

function readShard(text: string): Shard {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (index < of) return { index, of };
  throw new UsageError(`--shard: expected i/n with i from 0 to n - 1, got "${text}"`);
}

async function sample(_: readonly string[], flags: SampleFlags, { report, signal }: Running): Promise<Outcome> {
  const given = samplingInput({ ...flags });
  if (!flags.out.endsWith(".npz")) throw new UsageError(`--out: expected a name ending in .npz, got "${flags.out}"`);
  const { total, out, shard = { index: 0, of: 1 } } = flags;
  const folder = findModel(flags.model);
  const pipe = await openModel(folder, flags, report);
  try {
    const every = Array.from({ length: pipe.config.transformer?.numClasses ?? 0 }, (_, id) => id);
    const input = { ...given, classLabels: (given.classLabels ?? []).length > 0 ? given.classLabels! : every };
    const resolved = asUsage(() => pipe.resolve(input));
    const classes = resolved.classIds;
    if (new Set(classes).size < classes.length) throw new UsageError("--class: expected each class once");
    const settings = JSON.stringify({ total, ...runSettings(input, resolved, await modelHash(folder)) });
    const { width, height } = resolved.plan.crop ?? resolved.plan.sizePx;
    const labelOf = (number: number): number => classes[number % classes.length]!;
    const store = await openSampleStore({ path: out, total, width, height, labelOf, settings });
    const there = await store.present();
    const missing = Array.from({ length: total }, (_, i) => i).filter(
      (i) => i % shard.of === shard.index && !there.has(i),
    );
    report.log(`${missing.length} pictures to draw, ${there.size} of ${total} are there`);
    // Pictures of one round have the same number within their classes, so that one run draws them side by side.
    const rounds = new Map<number, number[]>();
    for (const i of missing) {
      const round = Math.floor(i / classes.length);
      rounds.set(round, [...(rounds.get(round) ?? []), i]);
    }
    for (const [firstIndex, numbers] of rounds) {
      const classLabels = numbers.map(labelOf);
      const run = { ...input, classLabels, count: 1, firstIndex, batchSize: flags.batch, signal };
      for await (const step of pipe.generate(run)) {
        if (!step.isLast) continue;
        const images = await step.image();
        for (let k = 0; k < images.batch; k++) await store.add(numbers[step.first + k]!, planarToRgb(images, k));
      }
    }
    const whole = await store.finish();
    report.log(whole ? `${total} pictures in ${shownPath(out)}` : "other processes have pictures to draw yet");
    return {
      json: { file: out, total, drawn: missing.length, whole, ...measured(pipe.runtime.runMilliseconds()) },
    };
  } finally {
    await pipe.dispose();
  }
}
