/** How a command is declared and carried out. */
import type { Command } from "commander";
import type { Json } from "../image/index.ts";
import { createReporter, type Reporter, silent, type Terminal } from "./reporter.ts";

/** What a command hands back. */
export interface Outcome {
  /** The one document that `--json` prints. */
  readonly json: { readonly [key: string]: Json };
  /** What is printed on stdout without `--json`; left out where files are the result. */
  readonly text?: string;
}

/** What a running command may use. */
export interface Running {
  readonly report: Reporter;
  /** Aborted by Ctrl-C and by a request to end. */
  readonly signal: AbortSignal;
}

export interface Context {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** What a command does, once its arguments and flags are declared. */
export interface CommandWork {
  /** Command lines, without the prompt. */
  readonly examples: readonly string[];
  work(args: readonly (string | undefined)[], flags: object, running: Running): Promise<Outcome>;
}

/** Gives a command its output flags, its examples and its work: arguments and flags in, an outcome out. */
export function carryOut(command: Command, { terminal, signal }: Context, { examples, work }: CommandWork): void {
  command
    .optionsGroup("Output:")
    .option("--json", "print one JSON document on stdout: files, settings, times, memory")
    .option("--quiet", "no progress and no messages, only errors")
    .addHelpText(
      "after",
      `\n${examples.length > 1 ? "Examples" : "Example"}:\n${examples.map((e) => `  $ ${e}`).join("\n")}`,
    )
    .action(async () => {
      const flags = command.opts<{ readonly json?: boolean; readonly quiet?: boolean }>();
      const report = flags.quiet === true ? silent : createReporter(terminal);
      try {
        const { json, text } = await work(command.processedArgs, flags, { report, signal });
        if (flags.json === true) terminal.out(`${JSON.stringify({ command: command.name(), ...json }, null, 2)}\n`);
        else if (text !== undefined) terminal.out(text.endsWith("\n") ? text : `${text}\n`);
      } finally {
        report.finish();
      }
    });
}

/** Milliseconds with two decimals: more would be noise. */
const milliseconds = (ms: number): number => Math.round(ms * 100) / 100;

/**
 * Times and the largest resident memory so far, in bytes, as `--json` gives them. `runtime`: inside ONNX Runtime's `run`, where a
 * command uses it; `total`: from the start of the process.
 * @param more further times by name.
 */
export function measured(runtimeMs?: number, more: Readonly<Record<string, number>> = {}) {
  const times = { ...more, ...(runtimeMs !== undefined && { runtime: runtimeMs }), total: performance.now() };
  return {
    timings_ms: Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, milliseconds(ms)])),
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  };
}
