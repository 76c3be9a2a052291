import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { countFlops } from "../engine/index.ts";
import type { TokenizerConfig } from "../models/index.ts";
import type { ResolvedSampling } from "../options/index.ts";
import {
  conditioningProgram,
  decoderProgram,
  embedProgram,
  type FlexVARPipeline,
  type Networks,
  resolvePlan,
  stepProgram,
  transformerOf,
} from "../pipelines/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { type Grid, gridTokens } from "../sampling/index.ts";
import { type FrechetReport, measureFrechet } from "./frechet.ts";
import { type IntegersReport, measureIntegers } from "./integers.ts";
import { openNetworks } from "./open-networks.ts";
import { type Peer, startPeer } from "./peer.ts";
import { measureSmallPictures, oneImage, type SmallPicturesReport } from "./pictures.ts";
import { releasedConfig, writeRandomModel } from "./random-model.ts";
import { convProbe, matmulProbe } from "./rates.ts";
import { leastOfRounds, type PartReport, type Probe, partReport } from "./rounds.ts";
import { measureTraining, type TrainingReport } from "./training-rounds.ts";

export interface BenchOptions {
  /** Depth of the released size to measure with random weights; 16 by default. */
  readonly depth?: number | undefined;
  /** Picture side in pixels; 256 by default. */
  readonly size?: number | undefined;
  readonly steps?: number | undefined;
  /** Rounds; each figure is the best of them. */
  readonly runs?: number | undefined;
  readonly threads?: number | undefined;
  /** Re-pack the weights when opening. */
  readonly prepack?: boolean | undefined;
  /** Opens a small model, whose pictures show what our own code costs; left out, none are drawn. */
  readonly openSmall?: (() => Promise<FlexVARPipeline>) | undefined;
  /** Also the same pictures with products in integers. */
  readonly int8?: boolean | undefined;
  /** PyTorch peer: its script and interpreter; left out, none is run. */
  readonly peer?: { readonly script: string; readonly python: string } | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What computed. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly runtime: string;
}

export const machineOf = ({ description }: Runtime): Machine => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  node: process.version,
  runtime: description,
});

export interface BenchReport {
  readonly machine: Machine;
  readonly depth: number;
  readonly size: number;
  readonly grids: readonly Grid[];
  readonly prepack: boolean;
  readonly openSeconds: number;
  /** GFLOP/s, best of the rounds. */
  readonly matmulRate: number;
  readonly convRate: number;
  readonly transformer: PartReport & { readonly ofMatmul: number };
  readonly decoder: PartReport & { readonly ofConv: number };
  /** Whole image: transformer and decoder of one round. */
  readonly imageSeconds: number;
  /** Share of an image's time outside ONNX Runtime's `run`. */
  readonly hostShare: number;
  /** The transformer's and the image's time with guidance off at the grids of side 13 and more, over that with guidance at all. */
  readonly unguidedEnd: { readonly ofTransformer: number; readonly ofImage: number };
  readonly smallPictures: SmallPicturesReport | null;
  readonly peakRssMB: number;
  readonly weightsMB: number;
  readonly peer: PeerReport | null;
  /** Products in integers; null where they were not asked for. */
  readonly int8: IntegersReport | null;
  /** One training step of both networks. */
  readonly training: TrainingReport;
  /** FID's arithmetic at the size it is published with; two rounds at most. */
  readonly frechet: FrechetReport;
  /** Share of the machine that other processes took, and whether the figures count: "invalid" above 10 %. */
  readonly othersShare: number;
  readonly verdict: "valid" | "invalid: machine busy";
}

interface PeerReport {
  readonly libraries: Readonly<Record<string, unknown>>;
  readonly transformerSeconds: number;
  readonly decoderSeconds: number;
  /** Their whole image's time over ours. */
  readonly speedup: number;
}

const BUSY_SHARE = 0.1;
/** Side of the grids from which on guidance is off in one of the images: the last two of ten, 62 % of the tokens. */
const UNGUIDED_FROM = 13;

/** Measures speed and memory of a released size with random weights, as ratios to this machine's own peaks. */
export async function runBench(options: BenchOptions = {}): Promise<BenchReport> {
  const { depth = 16, size = 256, steps = 10, runs = 3, onProgress = () => {} } = options;
  const config = releasedConfig(depth);
  const folder = await mkdtemp(join(tmpdir(), "flexvar-bench-"));
  try {
    onProgress(`writing a random d${depth}`);
    await writeRandomModel(folder, config);
    const runtime = nodeRuntime(options.threads === undefined ? {} : { threads: options.threads });
    return await measure({ ...options, depth, size, steps, runs, onProgress }, config, folder, runtime);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Settings = BenchOptions & Required<Pick<BenchOptions, "depth" | "size" | "steps" | "runs" | "onProgress">>;

async function measure(
  settings: Settings,
  config: ModelConfig,
  folder: string,
  runtime: Runtime,
): Promise<BenchReport> {
  const { size, steps, onProgress, prepack = false } = settings;
  const sampling = resolvePlan(config, { size, steps });
  const unguidedEnd = resolvePlan(config, { size, steps, guidanceUntil: UNGUIDED_FROM });
  const { grids } = sampling.plan;
  const probes = { matmul: await matmulProbe(runtime), conv: await convProbe(runtime) };
  onProgress("opening the model");
  const { networks, weightsMB, openSeconds } = await openNetworks(folder, runtime, prepack);
  const peer = await openPeer(settings, grids);
  try {
    const figures = await measureRounds(settings, probes, networks, { sampling, unguidedEnd }, peer);
    const int8 = settings.int8 === true ? await measureIntegers(settings, networks, folder, sampling) : null;
    const othersShare = Math.max(figures.othersShare, int8?.othersShare ?? 0);
    return {
      machine: machineOf(runtime),
      ...{ depth: settings.depth, size, grids, prepack, openSeconds, weightsMB },
      ...figures,
      int8,
      othersShare,
      verdict: othersShare > BUSY_SHARE ? "invalid: machine busy" : "valid",
    };
  } finally {
    peer?.close();
    await Promise.all([networks, probes.matmul, probes.conv].map((one) => one.dispose()));
  }
}

/** The PyTorch peer, drawing the same grids; undefined where none is asked for. */
async function openPeer({ peer, depth, threads, onProgress }: Settings, grids: readonly Grid[]) {
  if (peer === undefined) return undefined;
  onProgress("starting the PyTorch peer");
  const args = ["--depth", String(depth), "--grids", grids.map(([h]) => h).join(",")];
  if (threads !== undefined) args.push("--threads", String(threads));
  return startPeer(peer.script, peer.python, args);
}

/** All that is measured in rounds: pictures, training steps, distances. */
async function measureRounds(
  settings: Settings,
  { matmul, conv }: Readonly<Record<"matmul" | "conv", Probe>>,
  networks: Networks,
  { sampling, unguidedEnd }: Readonly<Record<"sampling" | "unguidedEnd", ResolvedSampling>>,
  peer: Peer | undefined,
) {
  const { runs, threads } = settings;
  const least = await leastOfRounds(
    settings,
    0,
    (round) => (round === 0 ? "warming up" : `round ${round} of ${runs}`),
    async (round) => ({
      matmul: await matmul.run(),
      conv: await conv.run(),
      ...(await oneImage(networks, sampling, 100 + round)),
      ...(await unguidedTimes(networks, unguidedEnd, 100 + round)),
    }),
    peer && (async () => ({ transformer: await peer.run("transformer"), decoder: await peer.run("decoder") })),
  );
  const peakRssMB = process.resourceUsage().maxRSS / 1024;
  const smallPictures = await drawSmall(settings);
  const training = await measureTraining(networks.runtime, matmul, peer, settings);
  const frechet = await measureFrechet({ ...settings, threads, peer, runs: Math.min(runs, 2) });
  const { grids } = sampling.plan;
  const { own } = least;
  const [matmulRate, convRate] = [partReport(own.matmul, matmul.flops).rate, partReport(own.conv, conv.flops).rate];
  const transformer = partReport(own.transformer, transformerFlops(networks, grids));
  const decoder = partReport(own.decoder, decoderFlops(networks.configs.tokenizer, grids.at(-1)!));
  return {
    matmulRate,
    convRate,
    transformer: { ...transformer, ofMatmul: transformer.rate / matmulRate },
    decoder: { ...decoder, ofConv: decoder.rate / convRate },
    imageSeconds: own.image,
    hostShare: own.hostShare,
    unguidedEnd: {
      ofTransformer: own.unguidedTransformer / own.transformer,
      ofImage: own.unguidedImage / own.image,
    },
    smallPictures,
    peakRssMB,
    peer: least.peer && {
      libraries: peer!.libraries,
      transformerSeconds: least.peer.transformer,
      decoderSeconds: least.peer.decoder,
      speedup: (least.peer.transformer + least.peer.decoder) / own.image,
    },
    training,
    frechet,
    othersShare: Math.max(...[least, training, frechet, smallPictures].map((part) => part?.othersShare ?? 0)),
  };
}

/** The time of an image whose last grids are drawn without guidance. */
async function unguidedTimes(networks: Networks, sampling: ResolvedSampling, seed: number) {
  const { transformer, image } = await oneImage(networks, sampling, seed);
  return { unguidedTransformer: transformer, unguidedImage: image };
}

/** The small model's pictures, in two rounds at most; null where none is to be opened. */
async function drawSmall({ openSmall, runs, ...rounds }: Settings): Promise<SmallPicturesReport | null> {
  if (openSmall === undefined) return null;
  const pipe = await openSmall();
  try {
    return await measureSmallPictures(pipe, { ...rounds, runs: Math.min(runs, 2) });
  } finally {
    await pipe.dispose();
  }
}

/**
 * 2·m·n·k of every product of the decoder as published: enlarging and a 3×3 convolution, 36 taps for each pixel of the
 * smaller picture where our transposed convolution has 16.
 */
function decoderFlops(tokenizer: TokenizerConfig, [h, w]: Grid): number {
  const p = decoderProgram(tokenizer);
  const at = { B: 1, h, w };
  return countFlops(p, at) + (36 / 16 - 1) * countFlops(p, at, ["ConvTranspose"]);
}

/** 2·m·n·k of every product of a guided run of one picture: conditioning, inputs and all scales. */
export function transformerFlops({ configs }: Networks, grids: readonly Grid[]): number {
  transformerOf(configs);
  const step = stepProgram(configs, true);
  const embed = embedProgram(configs);
  let flops = countFlops(conditioningProgram(configs), { R: 2, K: 1 });
  let past = 0;
  grids.forEach((grid, i) => {
    const l = gridTokens(grid);
    flops += countFlops(step, { B: 1, l, p: past });
    past += l;
    const before = grids[i - 1];
    if (before !== undefined)
      flops += countFlops(embed, { R: 2, h: before[0], w: before[1], h2: grid[0], w2: grid[1] });
  });
  return flops;
}
