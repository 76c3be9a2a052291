/** Flags that mean the same wherever they occur. */
import type { Command } from "commander";
import { UsageError } from "./errors.ts";

export interface ModelFlags {
  readonly model?: string;
}

export interface ComputeFlags extends ModelFlags {
  readonly device?: string;
  readonly dtype?: string;
  readonly threads?: number;
  readonly lowMemory?: boolean;
}

export function addModelFlag(command: Command): Command {
  return command
    .optionsGroup("Model:")
    .option("--model <DIR|name>", "model folder, or the name of a shipped model; the shipped one by default");
}

/** `--model` and how the networks compute. */
export function addComputeFlags(command: Command): Command {
  return addModelFlag(command)
    .option("--device <cpu|webgpu>", "what computes; cpu by default")
    .option("--dtype <fp32>", "what the networks compute in; fp32 is what this build has")
    .option("--threads <N>", "threads of one operator; all cores by default", wholeNumber("threads", 1, 1024))
    .option("--low-memory", "keep one network in memory at a time; costs a re-opening between sampling and decoding");
}

/** Reads a flag's whole number. The reader throws UsageError naming the flag and the range. */
export function wholeNumber(flag: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new UsageError(`--${flag}: expected a whole number from ${low} to ${high}, got "${text}"`);
  };
}
