/** Trying a device in a child process with a time limit: a provider that aborts or hangs does not end or hold this one. */
import { fork } from "node:child_process";
import { builtWorker } from "../files/index.ts";
import { type DeviceName, presenceOf } from "../runtime/node.ts";
import type { Check } from "./self-check.ts";
import type { Finding } from "./try-device.ts";

/** What a try came to. */
export interface Probe extends Finding {
  readonly device: DeviceName;
  /** Opened, and its numbers in fp32 are right. */
  readonly verified: boolean;
  /** The command that adds what is missing. */
  readonly command?: string;
}

export interface ProbeOptions {
  readonly threads?: number | undefined;
  /** Milliseconds after which the child is ended; 60 s by default. */
  readonly limitMs?: number;
  /** The child's program; that of the build by default. */
  readonly file?: string | undefined;
}

/** Tries a device. Never throws: what went wrong is the result's `problem`. */
export async function probeDevice(
  device: DeviceName,
  { threads, limitMs = 60_000, file = builtWorker("probe") }: ProbeOptions = {},
): Promise<Probe> {
  const presence = presenceOf(device);
  if (!presence.here) {
    const { why, command } = presence;
    return { device, verified: false, problem: why, ...(command === undefined ? {} : { command }) };
  }
  if (file === undefined)
    return { device, verified: false, problem: "not tried: flexvar runs from sources, not compiled" };
  const finding = await inChild(file, [device, ...(threads === undefined ? [] : [String(threads)])], limitMs);
  const check = finding.checks?.fp32;
  const wrong = check !== undefined && !check.passed ? wrongNumbers(check) : undefined;
  const verified = finding.opened === true && check?.passed === true;
  const problem = wrong ?? (verified ? undefined : (finding.problem ?? "ended before its numbers were known"));
  return { device, ...finding, verified, ...(problem === undefined ? {} : { problem }) };
}

/** From this share of the processor's rate down, a WebGPU adapter is taken for one that the processor itself computes (SwiftShader, llvmpipe). */
const SOFTWARE_SHARE = 0.25;

/**
 * Whether a WebGPU adapter is software: ONNX Runtime's binding tells nothing of the adapter, its rate does. Undefined where that is not known.
 */
export function isSoftware({ device, rate }: Probe, processor: Probe | undefined): boolean | undefined {
  if (device !== "webgpu" || rate === undefined || processor?.rate === undefined) return undefined;
  return rate < SOFTWARE_SHARE * processor.rate;
}

const wrongNumbers = ({ deviation, bound }: Check): string =>
  `wrong numbers: they differ from the processor's by ${deviationText(deviation)}, and ${bound} is allowed`;

/** A deviation for people. */
export const deviationText = (deviation: number | null): string => (deviation ?? Number.NaN).toExponential(0);

/** What the child told before it ended, with why it ended early. */
function inChild(file: string, args: readonly string[], limitMs: number): Promise<Finding> {
  return new Promise((resolve) => {
    const child = fork(file, args, { stdio: ["ignore", "ignore", "pipe", "ipc"], serialization: "advanced" });
    let finding: Finding = {};
    let lastWords = "";
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limitMs);
    child.on("message", (part: Finding) => {
      finding = { ...finding, ...part };
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      lastWords = (lastWords + text).slice(-2000);
    });
    const ended = (problem: string | undefined): void => {
      clearTimeout(limit);
      resolve(problem === undefined || finding.problem !== undefined ? finding : { ...finding, problem });
    };
    child.on("error", (error) => ended(error.message));
    child.on("close", (code, signal) => {
      const words = lastWords.trim().split("\n").at(-1) ?? "";
      if (late) ended(`no answer within ${limitMs / 1000} s`);
      else if (code === 0) ended(undefined);
      else ended(`it ended the process (${signal ?? `code ${code}`})${words === "" ? "" : `: ${words}`}`);
    });
  });
}
