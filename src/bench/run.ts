import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { countFlops } from "../engine/index.ts";
import type { ResolvedSampling } from "../options/index.ts";
import {
  conditioningProgram,
  createNetworks,
  decoderProgram,
  embedProgram,
  type Networks,
  release,
  resolvePlan,
  sampleScales,
  stepProgram,
  transformerOf,
} from "../pipelines/index.ts";
import { loadWeights, type ModelConfig } from "../pretrained/index.ts";
import { openFolder } from "../pretrained/node.ts";
import type { Runtime } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { type Grid, gridTokens, imageStream } from "../sampling/index.ts";
import { type FrechetReport, measureFrechet } from "./frechet.ts";
import { othersShare } from "./load.ts";
import { type Peer, startPeer } from "./peer.ts";
import { releasedConfig, writeRandomModel } from "./random-model.ts";
import { convProbe, matmulProbe } from "./rates.ts";
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
  /** PyTorch peer: its script and interpreter; left out, none is run. */
  readonly peer?: { readonly script: string; readonly python: string } | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BenchReport {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly runtime: string };
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
  readonly peakRssMB: number;
  readonly weightsMB: number;
  readonly peer: PeerReport | null;
  /** One training step of both networks. */
  readonly training: TrainingReport;
  /** FID's arithmetic at the size it is published with; two rounds at most. */
  readonly frechet: FrechetReport;
  /** Share of the machine that other processes took, and whether the figures count: "invalid" above 10 %. */
  readonly othersShare: number;
  readonly verdict: "valid" | "invalid: machine busy";
}

interface PartReport {
  readonly seconds: number;
  readonly tflop: number;
  /** GFLOP/s. */
  readonly rate: number;
}

interface PeerReport {
  readonly libraries: Readonly<Record<string, unknown>>;
  readonly transformerSeconds: number;
  readonly decoderSeconds: number;
  /** Their whole image's time over ours. */
  readonly speedup: number;
}

const BUSY_SHARE = 0.1;

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
  const { depth, size, steps, runs, onProgress, prepack = false, signal } = settings;
  const plan = resolvePlan(config, { size, steps });
  const grids = plan.plan.grids;
  const [matmul, conv] = [await matmulProbe(runtime), await convProbe(runtime)];
  onProgress("opening the model");
  const openBegin = performance.now();
  const { networks, weightsMB } = await openNetworks(folder, runtime, prepack);
  await Promise.all([networks.conditioning(), networks.embed(), networks.step(true), networks.decoder()]);
  const openSeconds = (performance.now() - openBegin) / 1000;
  let peer: Peer | undefined;
  if (settings.peer !== undefined) {
    onProgress("starting the PyTorch peer");
    const gridArgs = ["--depth", String(depth), "--grids", grids.map(([h]) => h).join(",")];
    const threads = settings.threads === undefined ? [] : ["--threads", String(settings.threads)];
    peer = await startPeer(settings.peer.script, settings.peer.python, [...gridArgs, ...threads]);
  }
  try {
    const best = {
      matmul: 0,
      conv: 0,
      transformer: Infinity,
      decoder: Infinity,
      image: Infinity,
      peerT: Infinity,
      peerD: Infinity,
    };
    let hostShare = 1;
    let busiest = 0;
    for (let round = 0; round <= runs; round++) {
      signal?.throwIfAborted();
      const warmUp = round === 0;
      onProgress(warmUp ? "warming up" : `round ${round} of ${runs}`);
      const { result, share } = await othersShare(async () => {
        const rates: [number, number] = [await matmul.run(), await conv.run()];
        return { rates, image: await oneImage(networks, plan, 100 + round) };
      });
      const { rates, image } = result;
      if (warmUp) continue;
      busiest = Math.max(busiest, share);
      best.matmul = Math.max(best.matmul, rates[0]);
      best.conv = Math.max(best.conv, rates[1]);
      best.transformer = Math.min(best.transformer, image.transformer);
      best.decoder = Math.min(best.decoder, image.decoder);
      best.image = Math.min(best.image, image.transformer + image.decoder);
      hostShare = Math.min(hostShare, image.hostShare);
      if (peer === undefined) continue;
      best.peerT = Math.min(best.peerT, await peer.run("transformer"));
      best.peerD = Math.min(best.peerD, await peer.run("decoder"));
    }
    const peakRssMB = process.resourceUsage().maxRSS / 1024;
    const training = await measureTraining({ runtime, matmul, peer, runs, onProgress, signal });
    const { threads } = settings;
    const frechet = await measureFrechet({ threads, peer, runs: Math.min(runs, 2), onProgress, signal });
    busiest = Math.max(busiest, training.othersShare, frechet.othersShare);
    const part = (seconds: number, flops: number): PartReport => ({
      seconds,
      tflop: flops / 1e12,
      rate: flops / seconds / 1e9,
    });
    const transformer = part(best.transformer, transformerFlops(networks, grids));
    const [h, w] = grids.at(-1)!;
    const decoder = part(best.decoder, decoderFlops(config, [h, w]));
    const [matmulRate, convRate] = [best.matmul / 1e9, best.conv / 1e9];
    return {
      machine: {
        cpu: cpus()[0]?.model ?? "unknown",
        cores: cpus().length,
        node: process.version,
        runtime: runtime.description,
      },
      depth,
      size,
      grids,
      prepack,
      openSeconds,
      matmulRate,
      convRate,
      transformer: { ...transformer, ofMatmul: transformer.rate / matmulRate },
      decoder: { ...decoder, ofConv: decoder.rate / convRate },
      imageSeconds: best.image,
      hostShare,
      peakRssMB,
      weightsMB,
      peer:
        peer === undefined
          ? null
          : {
              libraries: peer.libraries,
              transformerSeconds: best.peerT,
              decoderSeconds: best.peerD,
              speedup: (best.peerT + best.peerD) / best.image,
            },
      training,
      frechet,
      othersShare: busiest,
      verdict: busiest > BUSY_SHARE ? "invalid: machine busy" : "valid",
    };
  } finally {
    peer?.close();
    await Promise.all([networks.dispose(), matmul.dispose(), conv.dispose()]);
  }
}

async function openNetworks(
  folder: string,
  runtime: Runtime,
  prepack: boolean,
): Promise<{ networks: Networks; weightsMB: number }> {
  const model = await openFolder(folder);
  try {
    const weights = new Map([
      ...(await loadWeights(model.tokenizer, true)),
      ...(await loadWeights(model.transformer!, true)),
    ]);
    const bytes = [...weights.values()].reduce((n, w) => n + (w.kind === "file" ? w.length : w.data.byteLength), 0);
    const { tokenizer, transformer } = model.config;
    return {
      networks: createNetworks(runtime, { tokenizer, transformer }, weights, { prepack }),
      weightsMB: bytes / 2 ** 20,
    };
  } finally {
    await model.close();
  }
}

/** Samples and decodes one picture: seconds of both parts, and the share of time outside ONNX Runtime. */
async function oneImage(networks: Networks, sampling: ResolvedSampling, seed: number) {
  const { runtime } = networks;
  const insideBefore = runtime.runMilliseconds();
  const begin = performance.now();
  let last: { grid: Grid; tokens: Int32Array } | undefined;
  const rows = [{ classId: 0, random: imageStream(seed, 0, 0) }];
  for await (const scale of sampleScales(networks, { ...sampling, rows })) last = scale;
  const sampled = performance.now();
  const [h, w] = last!.grid;
  const { image } = await (await networks.decoder()).run({ tokens: runtime.ints(last!.tokens, [1, h, w]) });
  const end = performance.now();
  release(image);
  const inside = runtime.runMilliseconds() - insideBefore;
  return {
    transformer: (sampled - begin) / 1000,
    decoder: (end - sampled) / 1000,
    hostShare: 1 - inside / (end - begin),
  };
}

/**
 * 2·m·n·k of every product of the decoder as published: enlarging and a 3×3 convolution, 36 taps for each pixel of the
 * smaller picture where our transposed convolution has 16.
 */
function decoderFlops({ tokenizer }: ModelConfig, [h, w]: Grid): number {
  const p = decoderProgram(tokenizer);
  const at = { B: 1, h, w };
  return countFlops(p, at) + (36 / 16 - 1) * countFlops(p, at, ["ConvTranspose"]);
}

/** 2·m·n·k of every product of a guided run of one picture: conditioning, inputs and all scales. */
function transformerFlops({ configs }: Networks, grids: readonly Grid[]): number {
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
