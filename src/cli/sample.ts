import { extname } from "node:path";
import type { Command } from "commander";
import { addClusterFlags, type ClusterFlags } from "./cluster-flags.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import {
  addBatchFlag,
  addComputeFlags,
  addSamplingFlags,
  type ComputeFlags,
  samplingInput,
  wholeNumber,
} from "./flags.ts";
import { findModel, shownPath } from "./model.ts";
import { expectWritable } from "./output.ts";
import type { Shard } from "./sample-set.ts";
import { DRAWS_ALONE, expectAlone, withDrawer } from "./set-drawer.ts";

interface SampleFlags extends ComputeFlags, ClusterFlags {
  readonly out: string;
  readonly total: number;
  readonly shard?: Shard;
  readonly shardSize?: number;
  readonly batch?: number;
}

/** `flexvar sample`. */
export function define(command: Command): CommandWork {
  command.description(
    "Draws a class-balanced set of pictures for `flexvar evaluate` and other evaluators: an .npz file (arr_0 uint8 " +
      "[N, H, W, 3], arr_1 labels) or a folder of PNG files, one folder a class. Picture i has class i modulo the number of " +
      "classes and a random stream of its own. A run that was killed goes on with the same command; several processes share " +
      "a set by --shard, and with --cluster the workers of a cluster draw it. What decides the pictures is recorded beside the " +
      "file (NAME.settings.json) or in the folder.",
  );
  addSamplingFlags(command, ["count"])
    .optionsGroup("Set:")
    .requiredOption("--out <F.npz|DIR>", "file or folder for the set")
    .requiredOption("--total <N>", "pictures in the set", wholeNumber("total", 1, 10_000_000))
    .option(
      "--shard <i/n>",
      "draw every n-th picture from the i-th, i from 0; the last process writes the set",
      readShard,
    )
    .option(
      "--shard-size <N>",
      "with --cluster, pictures that a worker draws at a time; up to 64, by what one takes, by default",
      wholeNumber("shard-size", 1, 1024),
    );
  addBatchFlag(addComputeFlags(command), "pictures side by side; changes no picture");
  addClusterFlags(command);
  return {
    examples: [
      "flexvar sample --total 1000 --out samples.npz",
      "flexvar sample --total 1000 --out samples",
      "flexvar sample --total 50000 --out samples.npz --shard 0/2",
      "flexvar sample --total 50000 --out samples.npz --cluster nats://queue.example.org:4222",
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
  const { total, out, shard, shardSize, batch, cluster } = flags;
  const extension = extname(out);
  if (extension !== ".npz" && extension !== "")
    throw new UsageError(`--out: expected a name ending in .npz, or a folder without an ending, got "${out}"`);
  if (extension === ".npz") await expectWritable(out);
  if (shardSize !== undefined && cluster === undefined)
    throw new UsageError("--shard-size: expected with --cluster only, got it without");
  expectAlone(flags, [...DRAWS_ALONE, "threads", "shard"]);
  return withDrawer(findModel(flags.model), flags, running, async (drawer) => {
    const plan = await drawer.plan({ total, input, batch });
    const { drawn, whole, machines } = await drawer.draw(out, plan, { shard, shardSize });
    running.report.log(whole ? `${total} pictures in ${shownPath(out)}` : "other processes have pictures to draw yet");
    const about: Outcome["json"] = machines === undefined ? {} : { machines: [...machines] };
    return { json: { file: out, total, drawn, whole, ...about, ...measured(drawer.runMilliseconds()) } };
  });
}
