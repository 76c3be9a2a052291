/** Flags that mean the same wherever they occur, and those of options, derived from the table of options. */
import { type Command, Option } from "commander";
import {
  camelCase,
  type OptionName,
  rowOf,
  SAMPLING_FIELDS,
  type SamplingInput,
  valueFromText,
} from "../options/index.ts";
import { UsageError } from "./errors.ts";

export interface ModelFlags {
  readonly model?: string;
}

export interface ComputeFlags extends ModelFlags {
  readonly device?: string;
  readonly dtype?: string;
  readonly threads?: number;
  readonly lowMemory?: boolean;
  /** Bytes. */
  readonly memory?: number;
}

export function addModelFlag(command: Command): Command {
  return command
    .optionsGroup("Model:")
    .option(
      "--model <DIR|name>",
      "model folder, a name (flexvar models lists them) or user/repo[@revision][:folder] of the hub; the shipped one by default",
    )
    .option("--yes", "download a model that is not here without asking")
    .option("--offline", "ask nothing of the network");
}

/** `--model`, how the networks compute, and how much memory they may take. */
export const addComputeFlags = (command: Command): Command =>
  addThreadsFlag(
    addModelFlag(command)
      .option("--device <cpu|webgpu>", "what computes; cpu by default")
      .option(
        "--dtype <fp32|int8>",
        "what the networks compute in; int8: the transformer's products in integers, on the cpu; as the weights are stored by default",
      ),
  )
    .option("--low-memory", "keep one network in memory at a time; costs a re-opening between sampling and decoding")
    .option(
      "--memory <BYTES>",
      "most memory that the process may take, such as 4GB; what would take more is refused before it begins; three quarters of what there is by default",
      memoryBytes,
    );

export const addThreadsFlag = (command: Command): Command =>
  command.option("--threads <N>", "threads of one operator; all cores by default", wholeNumber("threads", 1, 1024));

/** `--batch`. @param effect what it says beside its meaning */
export const addBatchFlag = (command: Command, description: string, most = 4096): Command =>
  command.option("--batch <N>", description, wholeNumber("batch", 1, most));

/** Reads a flag's whole number. The reader throws UsageError naming the flag and the range. */
export function wholeNumber(flag: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new UsageError(`--${flag}: expected a whole number from ${low} to ${high}, got "${text}"`);
  };
}

/** Bytes of a text such as `4GB`, `1.5 GiB` or `500000000`. @throws UsageError naming the flag. */
function memoryBytes(text: string): number {
  const [, number, prefix = "", binary] = /^(\d{1,15}(?:\.\d{1,6})?) ?(?:([kmgt])(i?)b)?$/i.exec(text.trim()) ?? [];
  const unit = (binary === "" ? 1000 : 1024) ** " kmgt".indexOf(prefix.toLowerCase() || " ");
  const bytes = Math.floor(Number(number) * unit);
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError(`--memory: expected bytes such as 4GB, 512MiB or 4000000000, got "${text}"`);
}

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

/** The values of those flags that were given, to be checked by the schema. @throws OptionError */
export function optionInput(flags: object, names: readonly OptionName[]): Record<string, unknown> {
  const values = new Map<string, unknown>(Object.entries(flags));
  return Object.fromEntries(
    names.flatMap((name): [string, unknown][] => {
      const given = values.get(camelCase(rowOf(name).flag));
      if (typeof given === "string") return [[name, valueFromText(name, given)]];
      return given === true ? [[name, true]] : [];
    }),
  );
}

/** The values of the sampling flags that were given. @throws OptionError */
export const samplingInput = (flags: object): SamplingInput => optionInput(flags, SAMPLING_FIELDS);
