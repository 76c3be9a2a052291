import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { Json } from "../image/index.ts";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { wholeNumber } from "./flags.ts";
import { packageRoot } from "./package.ts";

interface BenchFlags {
  readonly depth: number;
  readonly size: number;
  readonly steps: number;
  readonly runs: number;
  readonly threads?: number;
  readonly prepack?: boolean;
  readonly peer?: string | true;
}

/** Depths of the released sizes and the smaller ones of the same rule. */
const MOST_DEPTH = 36;

/** `flexvar bench`. */
export function define(command: Command, context: Context): void {
  command
    .description(
      "Measures this machine: a released size with random weights (nothing is downloaded), as ratios to the machine's own " +
        "MatMul and convolution rates, and with --peer to PyTorch in the same run. Best of the rounds.",
    )
    .optionsGroup("What:")
    .option("--depth <N>", "depth of the transformer; width 64·N", wholeNumber("depth", 1, MOST_DEPTH), 16)
    .option("--size <N>", "side of the picture in pixels", wholeNumber("size", 16, 1024), 256)
    .option("--steps <N>", "number of scales", wholeNumber("steps", 1, 64), 10)
    .option("--runs <N>", "rounds after one to warm up", wholeNumber("runs", 1, 100), 3)
    .option("--threads <N>", "threads of one operator; all cores unless told", wholeNumber("threads", 1, 1024))
    .option("--prepack", "re-pack the weights on opening: slower to open, faster small scales, more memory")
    .option("--peer [PYTHON]", "also PyTorch (a clone's bench/peer), with this interpreter; python3 unless told");
  carryOut(command, context, ["flexvar bench", "flexvar bench --peer /usr/bin/python3 --json"], bench);
}

async function bench(_: readonly string[], flags: BenchFlags, { report, signal }: Running): Promise<Outcome> {
  const { benchTable, runBench } = await import("../bench/index.ts");
  const result = await runBench({
    depth: flags.depth,
    size: flags.size,
    steps: flags.steps,
    runs: flags.runs,
    threads: flags.threads,
    prepack: flags.prepack === true,
    peer: flags.peer === undefined ? undefined : peerOf(flags.peer),
    onProgress: (message) => report.log(message),
    signal,
  });
  return { json: JSON.parse(JSON.stringify(result)) as { [key: string]: Json }, text: benchTable(result) };
}

function peerOf(python: string | true): { script: string; python: string } {
  const script = join(packageRoot(), "bench", "peer", "peer.py");
  if (!existsSync(script))
    throw new UsageError(`--peer: expected a clone of the repository with bench/peer, got none at ${script}`);
  return { script, python: python === true ? "python3" : python };
}
