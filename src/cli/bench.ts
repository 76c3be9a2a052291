import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Command } from "commander";
import { packageRoot } from "../files/index.ts";
import { computeTypes, DTYPE_HELP, deviceChoices, expectDtype } from "../runtime/index.ts";
import type { ServerBenchFlags } from "./bench-server.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { wholeNumber } from "./flags.ts";
import { findModel } from "./model.ts";
import { snakeCased } from "./names.ts";

interface BenchFlags extends ServerBenchFlags {
  readonly depth?: number;
  readonly size?: number;
  readonly steps?: number;
  readonly prepack?: boolean;
  readonly int8?: boolean;
  readonly peer?: string | true;
  readonly device?: string;
  readonly dtype?: string;
  readonly server?: boolean;
}

/** Released sizes reach 24; the largest published model of the rule is 36. */
const MOST_DEPTH = 36;

/** `flexvar bench`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Measures this machine: a released size with random weights (nothing is downloaded), as ratios to the machine's own " +
        "MatMul and convolution rates, and with --peer to PyTorch in the same run. Figures are the best of all rounds; on a " +
        "busy machine they are called invalid.",
    )
    .optionsGroup("Workload:")
    .option("--depth <N>", "depth of the transformer, width 64·N; 16 by default", wholeNumber("depth", 1, MOST_DEPTH))
    .option("--size <N>", "side of the picture in pixels; 256 by default", wholeNumber("size", 16, 1024))
    .option("--steps <N>", "scales; 10 by default", wholeNumber("steps", 1, 64))
    .option("--runs <N>", "rounds after the one that warms up; 3 by default", wholeNumber("runs", 1, 100))
    .option("--threads <N>", "threads of one operator; all cores by default", wholeNumber("threads", 1, 1024))
    .option("--prepack", "re-pack the weights when opening: slower to open, faster small scales, more memory")
    .option("--int8", "also the same pictures with the transformer's products in integers")
    .option(
      "--peer [PYTHON]",
      "also PyTorch (a clone's bench/peer), with this interpreter; $FLEXVAR_PYTHON or python3 by default",
    );
  command
    .optionsGroup("One device instead:")
    .option(
      `--device <${deviceChoices.join("|")}>`,
      "the same size on this device: the row that docs/devices.md has a place for",
    )
    .option(`--dtype <${computeTypes.join("|")}>`, DTYPE_HELP);
  command
    .optionsGroup("A server under load instead:")
    .option("--server", "many clients at a server of a model, beside the model alone: speed, waits, memory, cancelling")
    .option("--model <DIR|NAME>", "model folder, or the name of a shipped model")
    .option("--clients <N>", "clients at once; 200 by default", wholeNumber("clients", 1, 10_000))
    .option("--seconds <N>", "how long they ask; 60 by default", wholeNumber("seconds", 1, 86_400));
  return {
    examples: ["flexvar bench", "flexvar bench --depth 16 --steps 10 --peer --json", "flexvar bench --server"],
    work: bench,
  };
}

async function bench(_: readonly string[], flags: BenchFlags, running: Running): Promise<Outcome> {
  const { report, signal } = running;
  if (flags.server === true) return (await import("./bench-server.ts")).benchServer(flags, running);
  for (const name of ["model", "clients", "seconds"] as const)
    if (flags[name] !== undefined) throw new UsageError(`--${name}: expected only with --server, got it without`);
  const { depth, size, steps, runs, threads, prepack, int8 } = flags;
  if (flags.device !== undefined || flags.dtype !== undefined) return benchDevice(flags, running);
  const peer = flags.peer === undefined ? undefined : findPeer(flags.peer);
  const { benchTable, runBench } = await import("../bench/index.ts");
  const { FlexVAR } = await import("../open.ts");
  const openSmall = () => FlexVAR.fromPretrained(findModel("emoji"), { threads });
  const onProgress = (message: string): void => report.log(message);
  const settings = { depth, size, steps, runs, threads, prepack, int8 };
  const result = await runBench({ ...settings, openSmall, peer, signal, onProgress });
  return { json: { ...(snakeCased(result) as Outcome["json"]), ...measured() }, text: benchTable(result) };
}

/** One device's figures. */
async function benchDevice(flags: BenchFlags, { report, signal }: Running): Promise<Outcome> {
  const { device = "cpu", dtype = "fp32", depth, size, steps, runs, threads } = flags;
  for (const name of ["peer", "prepack"] as const)
    if (flags[name] !== undefined)
      throw new UsageError(`--${name}: expected without --device and --dtype, got it with one`);
  expectDtype(dtype);
  const { deviceTable, runDeviceBench } = await import("../bench/index.ts");
  const onProgress = (message: string): void => report.log(message);
  const result = await runDeviceBench({ device, dtype, depth, size, steps, runs, threads, signal, onProgress });
  return { json: { ...(snakeCased(result) as Outcome["json"]), ...measured() }, text: deviceTable(result) };
}

/** The peer's script, which only a clone holds, and the Python that runs it: the named one, $FLEXVAR_PYTHON, python3. */
function findPeer(named: string | true): { script: string; python: string } {
  const script = join(packageRoot(), "bench", "peer", "peer.py");
  if (!existsSync(script))
    throw new UsageError(`--peer: expected a clone of the project with bench/peer/peer.py, got ${packageRoot()}`);
  const name = named === true ? process.env.FLEXVAR_PYTHON || "python3" : named;
  const places = /[\\/]/.test(name)
    ? [name]
    : (process.env.PATH ?? "").split(delimiter).flatMap((folder) => [join(folder, name), join(folder, `${name}.exe`)]);
  const python = places.find((place) => existsSync(place));
  if (python === undefined) throw new UsageError(`--peer: expected a Python with torch, got no "${name}"`);
  return { script, python };
}
