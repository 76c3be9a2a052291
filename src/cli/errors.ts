/** Failures as people read them: one line, and an exit code. */
import { ExpectedError, isExpected, OptionError } from "../errors/index.ts";
import { oneLine, systemErrorMessage } from "../files/index.ts";

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** 128 + SIGINT, as shells count. */
const EXIT_STOPPED = 130;

/** After what was not written for people: a fault of this program. */
const HINT = " (unexpected; FLEXVAR_DEBUG=1 shows where)";

/** A command line that cannot be carried out as written: exit code 2. */
export class UsageError extends ExpectedError {
  override readonly name = "UsageError";
}

/** The reason of a stop by a signal: exit code 130. */
export class Stopped extends ExpectedError {
  override readonly name = "Stopped";

  constructor(signal: string) {
    super(`stopped by ${signal}; files already written are whole`);
  }
}

/** A complaint about an option as bad usage of its flag; every other error as it is. */
export async function asUsageError(error: unknown): Promise<unknown> {
  if (!(error instanceof OptionError)) return error;
  const { flagName } = await import("../options/index.ts");
  return new UsageError(`--${flagName(error.parameter.split(".")[0]!)}: ${error.words}`, { cause: error });
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT_USAGE;
  return error instanceof Stopped ? EXIT_STOPPED : EXIT_FAILED;
}

/**
 * One line for stderr. With `debug` (the variable FLEXVAR_DEBUG) the stack and causes follow.
 */
export function describeError(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return `flexvar: ${String(error)}`;
  const words = systemErrorMessage(error);
  const lines = (words ?? error.message).split("\n").map((part) => part.trim());
  const line = oneLine(lines.filter((part) => part !== "").join(" "));
  if (!debug) return `flexvar: ${line || error.name}${words === undefined && !isExpected(error) ? HINT : ""}`;
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : "";
  return `flexvar: ${line}\n${error.stack}${cause}`;
}
