/** The sampling flags, derived from the one schema of sampling options. */

import { type Command, Option } from "commander";
import { OptionError } from "../errors/index.ts";
import {
  camelCase,
  flagName,
  SAMPLING_FIELDS,
  type SamplingField,
  type SamplingInput,
  samplingInfo,
  valueFromText,
} from "../options/index.ts";
import { UsageError } from "./errors.ts";

/** Adds one flag per sampling option; `but` leaves some out. */
export function addSamplingFlags(command: Command, but: readonly SamplingField[] = []): Command {
  for (const field of SAMPLING_FIELDS) {
    if (but.includes(field)) continue;
    const { flag, metavar, description, advanced, text } = samplingInfo[field];
    const option = new Option(`--${flag} <${metavar}>`, description);
    option.helpGroup(advanced ? "Advanced sampling:" : "Sampling:");
    // Lists may be given in one text or by repeating the flag.
    if (text === "names" || text === "numbers")
      option.argParser((value, before: string | undefined) => (before === undefined ? value : `${before},${value}`));
    command.addOption(option);
  }
  return command;
}

/** The values of the sampling flags that were given. @throws UsageError naming the flag. */
export function samplingInput(flags: Readonly<Record<string, unknown>>): SamplingInput {
  return asUsage(() => {
    const given = SAMPLING_FIELDS.flatMap((field): [string, unknown][] => {
      const text = flags[camelCase(samplingInfo[field].flag)];
      return typeof text === "string" ? [[field, valueFromText(field, text)]] : [];
    });
    // Its values are checked where they are used, by the schema itself.
    return Object.fromEntries(given) as SamplingInput;
  });
}

/** Runs what checks options; its complaints name the flag and count as bad usage. */
export function asUsage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw asUsageError(error);
  }
}

/** What an error is to the user: bad usage of a flag where it complains about an option, else itself. */
export function asUsageError(error: unknown): unknown {
  if (!(error instanceof OptionError)) return error;
  const [option = ""] = error.parameter.split(".");
  return new UsageError(`--${flagName(option)}: ${error.words}`, { cause: error });
}
