/** Flags of options, derived from the table of options. */
import { type Command, Option } from "commander";
import { OptionError } from "../errors/index.ts";
import {
  camelCase,
  flagName,
  type OptionName,
  rowOf,
  SAMPLING_FIELDS,
  type SamplingInput,
  valueFromText,
} from "../options/index.ts";
import { UsageError } from "./errors.ts";

/** Adds one flag for every named option, in the help's groups. */
export function addOptionFlags(command: Command, names: readonly OptionName[]): Command {
  for (const name of names) {
    const { flag, metavar, description, advanced, text, tasks } = rowOf(name);
    const option = new Option(text === "flag" ? `--${flag}` : `--${flag} <${metavar}>`, description);
    const group = tasks.includes("generate") ? "sampling" : "editing";
    option.helpGroup(advanced ? `Advanced ${group}:` : `${group.charAt(0).toUpperCase()}${group.slice(1)}:`);
    // Lists may be given in one text or by repeating the flag.
    if (text === "names" || text === "numbers")
      option.argParser((value, before: string | undefined) => (before === undefined ? value : `${before},${value}`));
    command.addOption(option);
  }
  return command;
}

/** Adds one flag per sampling option; `but` leaves some out. */
export const addSamplingFlags = (command: Command, but: readonly OptionName[] = []): Command =>
  addOptionFlags(
    command,
    SAMPLING_FIELDS.filter((name) => !but.includes(name)),
  );

/** The values of those flags that were given, to be checked by the schema. @throws UsageError naming the flag. */
export function optionInput(
  flags: Readonly<Record<string, unknown>>,
  names: readonly OptionName[],
): Record<string, unknown> {
  return asUsage(() =>
    Object.fromEntries(
      names.flatMap((name): [string, unknown][] => {
        const given = flags[camelCase(rowOf(name).flag)];
        if (typeof given === "string") return [[name, valueFromText(name, given)]];
        return given === true ? [[name, true]] : [];
      }),
    ),
  );
}

/** The values of the sampling flags that were given. @throws UsageError naming the flag. */
export const samplingInput = (flags: Readonly<Record<string, unknown>>): SamplingInput =>
  optionInput(flags, SAMPLING_FIELDS);

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
