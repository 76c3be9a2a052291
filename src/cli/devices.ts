import type { Command } from "commander";
import { deviationText, isSoftware, type Probe, probeDevice, rememberProbes } from "../devices/node.ts";
import { textColumns } from "../report/index.ts";
import { type DeviceName, deviceNames, factsOf, installation } from "../runtime/node.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { addThreadsFlag, wholeNumber } from "./flags.ts";

interface DevicesFlags {
  readonly threads?: number;
  readonly limit?: number;
}

/** `flexvar devices`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Says what this installation can compute on: every device is tried in a process of its own with a small model, whose numbers are compared with the " +
        "processor's. What is missing comes with the one command that adds it. --device auto remembers the result for a week.",
    )
    .optionsGroup("Tries:")
    .option("--limit <SECONDS>", "longest that a device may take; 60 by default", wholeNumber("limit", 1, 3600));
  addThreadsFlag(command);
  return { examples: ["flexvar devices", "flexvar devices --json"], work: listDevices };
}

async function listDevices(_: readonly unknown[], flags: DevicesFlags, { report, signal }: Running): Promise<Outcome> {
  const { threads, limit } = flags;
  const probes: Probe[] = [];
  for (const device of deviceNames) {
    signal.throwIfAborted();
    report.log(`trying ${device}`);
    probes.push(await probeDevice(device, { threads, ...(limit === undefined ? {} : { limitMs: 1000 * limit }) }));
  }
  await rememberProbes(probes, threads);
  const processor = probes.find(({ device }) => device === "cpu");
  const { version, build, native } = installation();
  const runtime = "problem" in native ? `${native.problem}; WebAssembly computes` : `onnxruntime-node ${version}`;
  return {
    json: { runtime, version, build, devices: probes.map((probe) => asJson(probe, processor)), ...measured() },
    text: `${runtime} on ${build}\n\n${textColumns(probes.map((probe) => asRow(probe, processor)))}${commands(probes)}`,
  };
}

const stateOf = ({ verified, opened, problem, command }: Probe): string => {
  if (verified) return "verified";
  if (command !== undefined) return "to add";
  return opened === true || problem?.startsWith("wrong") ? "refused" : "not here";
};

const asRow = (probe: Probe, processor: Probe | undefined): string[] => {
  const { device, rate, problem } = probe;
  const { title, dtypes } = factsOf(device);
  const { checks } = probe;
  const checked = checks?.fp32;
  const right = checks === undefined ? dtypes : dtypes.filter((dtype) => checks[dtype]?.passed === true);
  const software = isSoftware(probe, processor) === true ? ": a software adapter, by its rate" : "";
  const numbers =
    checked === undefined || rate === undefined
      ? ""
      : `, ${Math.round(rate)} GFLOP/s${software}${device === "cpu" ? "" : `, differs by ${deviationText(checked.deviation)}`}`;
  return [
    device,
    stateOf(probe),
    right.join(" "),
    problem === undefined ? `${title}${numbers}` : `${title}: ${problem}`,
  ];
};

const asJson = (probe: Probe, processor: Probe | undefined) => {
  const { device, verified, opened = false, checks = {}, rate, problem, command } = probe;
  const { title, dtypes, needs } = factsOf(device);
  return {
    name: device,
    title,
    state: stateOf(probe),
    verified,
    opened,
    dtypes: [...dtypes],
    checks: Object.fromEntries(Object.entries(checks).map(([dtype, check]) => [dtype, { ...check }])),
    gflops: rate ?? null,
    software: isSoftware(probe, processor) ?? null,
    problem: problem ?? null,
    needs,
    command: command ?? null,
  };
};

/** The commands that add devices, each once with the names of what it adds. */
function commands(probes: readonly Probe[]): string {
  const adding = new Map<string, DeviceName[]>();
  for (const { device, command } of probes)
    if (command !== undefined) adding.set(command, [...(adding.get(command) ?? []), device]);
  return [...adding]
    .map(([command, names]) => `\n\n${names.join(" and ")} (needs ${factsOf(names[0]!).needs}):\n  ${command}`)
    .join("");
}
