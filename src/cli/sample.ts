import { extname } from "node:path";
import type { Command } from "commander";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { openCosts } from "./cost.ts";
import { UsageError } from "./errors.ts";
import {
  addBatchFlag,
  addComputeFlags,
  addSamplingFlags,
  type ComputeFlags,
  samplingInput,
  wholeNumber,
} from "./flags.ts";
import { findModel, shownPath, withModel } from "./model.ts";
import { expectWritable } from "./output.ts";
import { drawSet, planSet, type Shard } from "./sample-set.ts";

interface SampleFlags extends ComputeFlags {
  readonly out: string;
  readonly total: number;
  readonly shard?: Shard;
  readonly batch?: number;
}

/** `flexvar sample`. */
export function define(command: Command): CommandWork {
  command.description(
    "Draws a class-balanced set of pictures for `flexvar evaluate` and other evaluators: an .npz file (arr_0 uint8 " +
      "[N, H, W, 3], arr_1 labels) or a folder of PNG files, one folder a class. Picture i has class i modulo the number of " +
      "classes and a random stream of its own. A run that was killed goes on with the same command; several processes share " +
      "a set by --shard. What decides the pictures is recorded beside the file (NAME.settings.json) or in the folder.",
  );
  addSamplingFlags(command, ["count"])
    .optionsGroup("Set:")
    .requiredOption("--out <F.npz|DIR>", "file or folder for the set")
    .requiredOption("--total <N>", "pictures in the set", wholeNumber("total", 1, 10_000_000))
    .option(
      "--shard <i/n>",
      "draw every n-th picture from the i-th, i from 0; the last process writes the set",
      readShard,
    );
  addBatchFlag(addComputeFlags(command), "pictures side by side; changes no picture");
  return {
    examples: [
      "flexvar sample --total 1000 --out samples.npz",
      "flexvar sample --total 1000 --out samples",
      "flexvar sample --total 50000 --out samples.npz --shard 0/2",
    ],
    work: sample,
  };
}

function readShard(text: string): Shard {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (index < of) return { index, of };
  throw new UsageError(`--shard: expected i/n with i from 0 to n - 1, got "${text}"`);
}

async function sample(_: readonly string[], flags: SampleFlags, running: Running): Promise<Outcome> {
  const input = samplingInput(flags);
  const { total, out, shard, batch } = flags;
  const extension = extname(out);
  if (extension !== ".npz" && extension !== "")
    throw new UsageError(`--out: expected a name ending in .npz, or a folder without an ending, got "${out}"`);
  if (extension === ".npz") await expectWritable(out);
  const folder = findModel(flags.model);
  return withModel(folder, flags, running.report, async (pipe) => {
    const costs = await openCosts(pipe, flags);
    const plan = await planSet(pipe, { total, input, folder, batch, costs, report: running.report });
    const { drawn, whole } = await drawSet(pipe, out, plan, running, shard);
    running.report.log(whole ? `${total} pictures in ${shownPath(out)}` : "other processes have pictures to draw yet");
    return { json: { file: out, total, drawn, whole, ...measured(pipe.runtime.runMilliseconds()) } };
  });
}
