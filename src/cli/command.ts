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

/** Flags that every command has. */
interface OutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/**
 * Gives a command its output flags, its example and its work: arguments and flags in, an outcome out.
 * @param examples command lines, without the prompt.
 */
export function carryOut<Flags extends object>(
  command: Command,
  context: Context,
  examples: readonly string[],
  work: (args: readonly string[], flags: Flags, running: Running) => Promise<Outcome>,
): void {
  command
    .optionsGroup("Output:")
    .option("--json", "print one JSON document on stdout: files, settings, times, memory")
    .option("--quiet", "no progress and no messages, only errors")
    .addHelpText(
      "after",
      `\n${examples.length > 1 ? "Examples" : "Example"}:\n${examples.map((e) => `  $ ${e}`).join("\n")}`,
    )
    .action(async () => {
      const flags = command.opts<Flags & OutputFlags>();
      const { terminal, signal } = context;
      const report = flags.quiet === true ? silent : createReporter(terminal);
      try {
        const { json, text } = await work(command.processedArgs as readonly string[], flags, { report, signal });
        if (flags.json === true) terminal.out(`${JSON.stringify({ command: command.name(), ...json }, null, 2)}\n`);
        else if (text !== undefined) terminal.out(text.endsWith("\n") ? text : `${text}\n`);
      } finally {
        report.finish();
      }
    });
}
