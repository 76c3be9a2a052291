/** `auto`: the fastest device that computes rightly. */
import type { ComputeType } from "../runtime/index.ts";
import { type DeviceName, factsOf, presentDevices } from "../runtime/node.ts";
import { deviationText, type Probe, type ProbeOptions, probeDevice } from "./probe.ts";
import { rememberedProbes, rememberProbes } from "./remember.ts";

/** Another device is worth its rounding and its transfers from this many times the processor's rate on. */
const WORTH = 1.5;

/** What was taken, and why, in one line. */
export interface Choice {
  readonly device: DeviceName;
  readonly line: string;
}

export interface ChooseOptions extends Pick<ProbeOptions, "threads"> {
  readonly dtype?: ComputeType | undefined;
  readonly candidates?: readonly DeviceName[];
  /** What tries a device. */
  readonly probe?: (device: DeviceName) => Promise<Probe>;
  /** Folder that remembers tries; the user's cache by default. */
  readonly cache?: string;
}

/** Devices that `auto` looks at here: the processor, and those that this installation can open and that open at once. */
const automaticDevices = (): DeviceName[] => presentDevices().filter((name) => factsOf(name).automatic);

/**
 * Tries what there is, or takes what an earlier try found. Where the processor is all there is, nothing is tried and nothing changes: results are
 * those of `cpu`, bit for bit.
 */
export async function chooseDevice({
  threads,
  dtype = "fp32",
  candidates: present = automaticDevices(),
  probe = (device) => probeDevice(device, { threads }),
  cache,
}: ChooseOptions = {}): Promise<Choice> {
  const candidates = present.filter((name) => factsOf(name).dtypes.includes(dtype));
  if (candidates.length < present.length && candidates.every((name) => name === "cpu"))
    return { device: "cpu", line: `device: cpu, the only one here that computes in ${dtype}` };
  if (candidates.every((name) => name === "cpu")) return { device: "cpu", line: "device: cpu, the only one here" };
  const known = await rememberedProbes(threads, cache);
  const probes: Probe[] = [];
  // One after the other: they would share the machine.
  for (const name of candidates) probes.push(known?.find(({ device }) => device === name) ?? (await probe(name)));
  if (probes.some((one) => known?.includes(one) !== true)) await rememberProbes(probes, threads, cache);
  return fastest(probes, dtype);
}

function fastest(probes: readonly Probe[], dtype: ComputeType): Choice {
  const rateOf = ({ rate = 0 }: Probe): number => rate;
  const processor = probes.find(({ device }) => device === "cpu");
  const base = processor === undefined ? 0 : rateOf(processor);
  const others = probes.filter(({ device }) => device !== "cpu");
  const usable = others
    .filter((one) => one.verified && one.checks?.[dtype]?.passed === true && rateOf(one) >= WORTH * base)
    .sort((a, b) => rateOf(b) - rateOf(a));
  const [best] = usable;
  if (best !== undefined)
    return {
      device: best.device,
      line: `device: ${best.device} (${rateText(best)}, the processor ${Math.round(base)}; differs by ${deviationText(best.checks![dtype]!.deviation)})`,
    };
  const why = others.map((one) => `${one.device}: ${reasonAgainst(one, dtype, base)}`).join("; ");
  return { device: "cpu", line: `device: cpu (${why})` };
}

const rateText = ({ rate = 0 }: Probe): string => `${Math.round(rate)} GFLOP/s`;

function reasonAgainst(one: Probe, dtype: ComputeType, base: number): string {
  if (one.problem !== undefined) return one.problem;
  if (one.checks?.[dtype]?.passed !== true) return `not right in ${dtype}`;
  return `${rateText(one)}, the processor has ${Math.round(base)}`;
}
