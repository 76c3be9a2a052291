/** The process's own streams, whose other ends may be full, closed or gone. */
import { writeErrorMessage } from "../files/index.ts";
import { describeError, EXIT_DONE, EXIT_FAILED } from "./errors.ts";
import type { Terminal } from "./reporter.ts";

/**
 * The terminal of this process. A reader of the results that goes away (`| head`) ends the process, not with an error; results that
 * cannot be written (a full disk) end it with one line and exit code 1. Messages that nobody can read are left out, and the work goes on.
 */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_DONE);
    stderr.write(`flexvar: ${writeErrorMessage("standard output", error)}\n`);
    process.exit(EXIT_FAILED);
  });
  stderr.on("error", () => {});
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    redraws: stderr.isTTY === true && process.env.TERM !== "dumb",
    // A terminal may not know its width, and says 0.
    columns: (stdout.isTTY ? stdout.columns : stderr.columns) || 100,
  };
}

/** What nothing catches ends the process with one line as every failure does, not with a stack. */
export function endOnFaults(terminal: Terminal): void {
  for (const event of ["uncaughtException", "unhandledRejection"] as const)
    process.on(event, (error: unknown) => {
      terminal.err(`${describeError(error, Boolean(process.env.FLEXVAR_DEBUG))}\n`);
      process.exit(EXIT_FAILED);
    });
}
