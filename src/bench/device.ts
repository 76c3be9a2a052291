/** One device's speed at a released size: what a table of devices has a row for. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRuntime } from "../devices/node.ts";
import { resolvePlan } from "../pipelines/index.ts";
import { textColumns } from "../report/index.ts";
import { type ComputeType, expectDtypeOf } from "../runtime/node.ts";
import { type Grid, gridTokens } from "../sampling/index.ts";
import { type Crossing, watchCrossings } from "./crossing.ts";
import { openNetworks } from "./open-networks.ts";
import { oneImage } from "./pictures.ts";
import { releasedConfig, writeRandomModel } from "./random-model.ts";
import { convProbe, matmulProbe } from "./rates.ts";
import { leastOfRounds, partReport } from "./rounds.ts";
import { type BenchOptions, type Machine, machineOf, transformerFlops } from "./run.ts";

export interface DeviceBenchOptions extends Omit<BenchOptions, "prepack" | "openSmall" | "int8" | "peer"> {
  /** `auto` or a device of this installation. */
  readonly device: string;
  readonly dtype?: ComputeType | undefined;
}

export interface DeviceReport {
  readonly machine: Machine;
  readonly device: string;
  readonly dtype: ComputeType;
  readonly depth: number;
  readonly size: number;
  readonly grids: readonly Grid[];
  readonly openSeconds: number;
  /** GFLOP/s in fp32, best of the rounds. */
  readonly matmulRate: number;
  readonly convRate: number;
  readonly transformerSeconds: number;
  /** GFLOP/s of the transformer's products. */
  readonly transformerRate: number;
  readonly decoderSeconds: number;
  readonly imageSeconds: number;
  readonly hostShare: number;
  readonly weightsMB: number;
  readonly peakRssMB: number;
  /** Bytes of keys and values that crossed at every grid of one picture. */
  readonly crossings: readonly Crossing[];
  /** Share of the machine that other processes took. */
  readonly othersShare: number;
}

/** Measures one device with a random model of a released size: pictures of one class, guided, one at a time. */
export async function runDeviceBench(options: DeviceBenchOptions): Promise<DeviceReport> {
  const { dtype = "fp32", depth = 16, size = 256, steps = 10, runs = 3, threads, onProgress = () => {} } = options;
  const config = releasedConfig(depth);
  const opened = await openRuntime({ device: options.device, dtype, threads, onMessage: onProgress });
  expectDtypeOf(opened.provider, dtype);
  const { runtime, crossings } = watchCrossings(opened);
  const folder = await mkdtemp(join(tmpdir(), "flexvar-bench-"));
  try {
    onProgress(`writing a random d${depth}`);
    await writeRandomModel(folder, config);
    const sampling = resolvePlan(config, { size, steps });
    const { grids } = sampling.plan;
    const probes = { matmul: await matmulProbe(runtime), conv: await convProbe(runtime) };
    onProgress("opening the model");
    const { networks, weightsMB, openSeconds } = await openNetworks(folder, runtime, false, dtype);
    try {
      const { own, othersShare } = await leastOfRounds(
        { runs, onProgress, signal: options.signal },
        0,
        (round) => (round === 0 ? "warming up" : `round ${round} of ${runs}`),
        async (round) => {
          const rates = { matmul: await probes.matmul.run(), conv: await probes.conv.run() };
          crossings.length = 0;
          return { ...rates, ...(await oneImage(networks, sampling, 100 + round)) };
        },
        undefined,
      );
      return {
        machine: machineOf(runtime),
        ...{ device: runtime.provider, dtype, depth, size, grids, openSeconds, weightsMB, othersShare },
        matmulRate: partReport(own.matmul, probes.matmul.flops).rate,
        convRate: partReport(own.conv, probes.conv.flops).rate,
        transformerSeconds: own.transformer,
        transformerRate: partReport(own.transformer, transformerFlops(networks, grids)).rate,
        decoderSeconds: own.decoder,
        imageSeconds: own.image,
        hostShare: own.hostShare,
        peakRssMB: process.resourceUsage().maxRSS / 1024,
        crossings: [...crossings],
      };
    } finally {
      await Promise.all([networks, probes.matmul, probes.conv].map((one) => one.dispose()));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The report as a table for people, and the row that docs/devices.md has a place for. */
export function deviceTable(r: DeviceReport): string {
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
  const total = (side: keyof Crossing): number => r.crossings.reduce((sum, one) => sum + one[side], 0);
  const rows = [
    ["fp32 MatMul, Conv", `${r.matmulRate.toFixed(0)}, ${r.convRate.toFixed(0)} GFLOP/s`],
    ["transformer", `${r.transformerSeconds.toFixed(3)} s, ${r.transformerRate.toFixed(0)} GFLOP/s`],
    ["decoder", `${r.decoderSeconds.toFixed(3)} s`],
    ["whole image", `${r.imageSeconds.toFixed(3)} s`],
    ["outside ONNX Runtime", `${(100 * r.hostShare).toFixed(1)} %`],
    ["opening the model", `${r.openSeconds.toFixed(2)} s`],
    ["weights, peak memory of the process", `${r.weightsMB.toFixed(0)}, ${r.peakRssMB.toFixed(0)} MB`],
    ["keys and values that crossed", `${mb(total("into"))} MB in, ${mb(total("out"))} MB out`],
    ["other processes", `${(100 * r.othersShare).toFixed(1)} %`],
  ];
  const byGrid = r.crossings.map(({ into, out }, i) => [
    `  grid ${r.grids[i]!.join("x")} (${gridTokens(r.grids[i]!)} tokens)`,
    `${mb(into)} MB in, ${mb(out)} MB out`,
  ]);
  const head = `${r.machine.cpu}, ${r.machine.cores} cores, Node ${r.machine.node}, ${r.machine.runtime}`;
  const cells = [r.device, r.dtype, `d${r.depth}`, r.machine.cpu, `${r.transformerSeconds.toFixed(2)} s`];
  const more = [`${r.decoderSeconds.toFixed(2)} s`, `${r.imageSeconds.toFixed(2)} s`, `${r.weightsMB.toFixed(0)} MB`];
  return `${[head, `${r.device}, ${r.dtype}, d${r.depth}, ${r.size} px, ${r.grids.length} steps, guided`, textColumns([...rows, ...byGrid]), "", `| ${[...cells, ...more].join(" | ")} |`].join("\n")}\n`;
}
