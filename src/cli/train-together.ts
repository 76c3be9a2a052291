/** `flexvar train --cluster`: one process coordinates a run, and workers take its steps. */
import { hostname } from "node:os";
import type { Command } from "commander";
import type { RunResult, TrainOptions, TransformerTraining } from "../train/index.ts";
import { addClusterFlags, type ClusterFlags, openClusterOf } from "./cluster-flags.ts";
import { measured, type Outcome } from "./command.ts";
import { UsageError } from "./errors.ts";
import { wholeNumber } from "./flags.ts";

export interface TogetherFlags extends ClusterFlags {
  readonly worker?: boolean;
  readonly run?: string;
  readonly members?: number;
  readonly innerSteps?: number;
  readonly outerRate?: number;
  readonly outerMomentum?: number;
  readonly answers?: "fp16" | "fp32";
  readonly least?: number;
  readonly patience?: number;
  readonly resume?: boolean;
}

export function addTogetherFlags(command: Command): Command {
  return addClusterFlags(command)
    .option("--worker", "take steps for a run that another process coordinates, until it is finished")
    .option("--run <NAME>", "the run's name on the NATS server; train by default", runName)
    .option("--members <N>", "places for workers, who share each step's pictures", wholeNumber("members", 1, 256))
    .option(
      "--inner-steps <H>",
      "steps that workers take between two exchanges; 20 by default",
      wholeNumber("inner-steps", 1, 1e6),
    )
    .option("--outer-rate <R>", "rate of the outer Nesterov step; 0.7 by default", numberFrom("outer-rate", 0.001, 10))
    .option("--outer-momentum <M>", "its momentum; 0.9 by default", numberFrom("outer-momentum", 0, 1))
    .option(
      "--answers <fp16|fp32>",
      "what workers send: differences in half precision (default), or weights as they are",
      answerType,
    )
    .option(
      "--least <N>",
      "answers without which no round ends; half of the members by default",
      wholeNumber("least", 1, 256),
    )
    .option(
      "--patience <S>",
      "seconds that late workers are waited for after a round's first answer; by default as long again as that took, at least 10",
      wholeNumber("patience", 0, 1e6),
    );
}

function runName(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text;
  throw new UsageError(`--run: expected up to 64 letters, digits, hyphens and underscores, got "${text}"`);
}

const numberFrom =
  (flag: string, low: number, high: number) =>
  (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= low && value <= high) return value;
    throw new UsageError(`--${flag}: expected a number from ${low} to ${high}, got "${text}"`);
  };

function answerType(text: string): "fp16" | "fp32" {
  if (text === "fp16" || text === "fp32") return text;
  throw new UsageError(`--answers: expected fp16 or fp32, got "${text}"`);
}

/** Flags that only a coordinator takes, by their names. */
const COORDINATORS = {
  members: "members",
  innerSteps: "inner-steps",
  outerRate: "outer-rate",
  outerMomentum: "outer-momentum",
  answers: "answers",
  least: "least",
  patience: "patience",
} as const;

/** @throws UsageError for flags that do not go together */
export function checkTogetherFlags(network: string | undefined, flags: TogetherFlags): void {
  const { cluster, worker = false, run, resume = false, members } = flags;
  const own = Object.entries(COORDINATORS).find(([key]) => flags[key as keyof typeof COORDINATORS] !== undefined);
  const given = worker ? "worker" : run !== undefined ? "run" : own?.[1];
  if (cluster === undefined) {
    if (given !== undefined) throw new UsageError(`--${given}: expected --cluster beside it, got none`);
    return;
  }
  if (network !== "transformer")
    throw new UsageError(`--cluster: expected "transformer" to be trained by many workers, got "${network}"`);
  if (worker && own !== undefined)
    throw new UsageError(`--${own[1]}: expected to be given to the coordinator, got it beside --worker`);
  if (worker && resume)
    throw new UsageError("--resume: expected no --worker beside it, which goes on by itself, got it");
  if (!worker && members === undefined)
    throw new UsageError("--members: expected how many workers share the run, got none");
}

/** Coordinates a run until its end. */
export async function coordinateRun(
  config: TransformerTraining,
  data: string,
  out: string,
  options: TrainOptions,
  flags: TogetherFlags,
): Promise<RunResult> {
  const { coordinateTransformer, ROUND_DEFAULTS } = await import("../cluster/index.ts");
  const { run: name, members = 1, least, patience, replicas } = flags;
  const { innerSteps, outerRate, outerMomentum, answers } = { ...ROUND_DEFAULTS, ...given(flags) };
  const settings = { members, innerSteps, outerRate, outerMomentum, answers };
  const cluster = await openClusterOf(flags, { name: `flexvar train ${name ?? ""}` });
  try {
    return await coordinateTransformer(config, data, out, {
      ...options,
      cluster,
      name,
      replicas,
      settings,
      least,
      patience,
    });
  } finally {
    await cluster.close();
  }
}

/** Flags without those that were not given. */
const given = (flags: TogetherFlags): Partial<TogetherFlags> =>
  Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));

/** Takes steps for a run until it is finished. */
export async function takePart(
  config: TransformerTraining,
  data: string,
  out: string,
  options: TrainOptions,
  flags: TogetherFlags,
  signal: AbortSignal,
): Promise<Outcome> {
  const { joinTransformer } = await import("../cluster/index.ts");
  const worker = `${hostname().replaceAll(/[^A-Za-z0-9-]/g, "-")}-${process.pid}-${crypto.randomUUID().slice(0, 6)}`;
  const cluster = await openClusterOf(flags, { name: `flexvar train worker ${worker}` });
  const { run: name, replicas } = flags;
  try {
    const result = await joinTransformer(config, data, out, worker, { ...options, cluster, name, replicas });
    if (!result.finished) signal.throwIfAborted();
    const { inBytes, outBytes } = cluster.connection.stats();
    return { json: { worker, ...result, receivedBytes: inBytes, sentBytes: outBytes, ...measured() } };
  } finally {
    await cluster.close();
  }
}
