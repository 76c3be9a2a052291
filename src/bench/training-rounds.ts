import type { Runtime } from "../runtime/index.ts";
import { othersShare } from "./load.ts";
import type { Peer } from "./peer.ts";
import type { RateProbe } from "./rates.ts";
import { type StepProbe, stepProbe, tokenizerStep, transformerStep } from "./training.ts";

/** A training step's figures: best of all rounds. */
interface StepReport {
  readonly seconds: number;
  readonly tflop: number;
  /** GFLOP/s. */
  readonly rate: number;
  /** Rate over the MatMul rate of the same rounds. */
  readonly ofMatmul: number;
  /** Seconds of PyTorch's step with equal work, and that time over ours; null without a peer. */
  readonly peerSeconds: number | null;
  readonly speedup: number | null;
}

export interface TrainingReport {
  /** GFLOP/s, best of the rounds. */
  readonly matmulRate: number;
  readonly transformer: StepReport;
  readonly tokenizer: StepReport;
  /** Largest share of the machine that other processes took in a round. */
  readonly othersShare: number;
}

export interface TrainingRounds {
  readonly runtime: Runtime;
  readonly matmul: RateProbe;
  readonly peer: Peer | undefined;
  readonly runs: number;
  readonly onProgress: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Steps of a network in one round. */
const STEPS = 3;

/** Measures one training step of both networks, MatMul, steps and the peer's steps in turn. */
export async function measureTraining(rounds: TrainingRounds): Promise<TrainingReport> {
  const { runtime, matmul, peer, runs, onProgress, signal } = rounds;
  onProgress("opening the training steps");
  const [transformer, tokenizer] = [
    await stepProbe(runtime, transformerStep()),
    await stepProbe(runtime, tokenizerStep()),
  ];
  const best = {
    matmul: 0,
    transformer: Infinity,
    tokenizer: Infinity,
    peerTransformer: Infinity,
    peerTokenizer: Infinity,
  };
  let busiest = 0;
  try {
    for (let round = 0; round <= runs; round++) {
      signal?.throwIfAborted();
      onProgress(round === 0 ? "warming up the training steps" : `training, round ${round} of ${runs}`);
      const { result, share } = await othersShare(async () => ({
        matmul: await matmul.run(),
        transformer: await fastest(() => transformer.run()),
        tokenizer: await fastest(() => tokenizer.run()),
      }));
      if (round === 0) continue;
      busiest = Math.max(busiest, share);
      best.matmul = Math.max(best.matmul, result.matmul);
      best.transformer = Math.min(best.transformer, result.transformer);
      best.tokenizer = Math.min(best.tokenizer, result.tokenizer);
      if (peer === undefined) continue;
      best.peerTransformer = Math.min(best.peerTransformer, await fastest(() => peer.run("train")));
      best.peerTokenizer = Math.min(best.peerTokenizer, await fastest(() => peer.run("train-tokenizer")));
    }
  } finally {
    await Promise.all([transformer.dispose(), tokenizer.dispose()]);
  }
  return {
    matmulRate: best.matmul / 1e9,
    transformer: stepReport(transformer, best.transformer, best.matmul, best.peerTransformer),
    tokenizer: stepReport(tokenizer, best.tokenizer, best.matmul, best.peerTokenizer),
    othersShare: busiest,
  };
}

/** The least of a few times. */
async function fastest(run: () => Promise<number>): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < STEPS; i++) best = Math.min(best, await run());
  return best;
}

function stepReport({ flops }: StepProbe, seconds: number, matmulRate: number, peerSeconds: number): StepReport {
  const compared = Number.isFinite(peerSeconds);
  return {
    seconds,
    tflop: flops / 1e12,
    rate: flops / seconds / 1e9,
    ofMatmul: flops / seconds / matmulRate,
    peerSeconds: compared ? peerSeconds : null,
    speedup: compared ? peerSeconds / seconds : null,
  };
}
