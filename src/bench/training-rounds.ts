import type { Runtime } from "../runtime/index.ts";
import type { Peer } from "./peer.ts";
import { leastOfRounds, type PartReport, type Probe, partReport, type Rounds } from "./rounds.ts";
import { stepProbe, tokenizerStep, transformerStep } from "./training.ts";

/** A training step's figures: best of all rounds. */
interface StepReport extends PartReport {
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

/** Measures one training step of both networks, MatMul, steps and the peer's steps in turn. */
export async function measureTraining(
  runtime: Runtime,
  matmul: Probe,
  peer: Peer | undefined,
  rounds: Rounds,
): Promise<TrainingReport> {
  rounds.onProgress("opening the training steps");
  const transformer = await stepProbe(runtime, transformerStep());
  const tokenizer = await stepProbe(runtime, tokenizerStep());
  try {
    const least = await leastOfRounds(
      rounds,
      0,
      (round) => (round === 0 ? "warming up the training steps" : `training, round ${round} of ${rounds.runs}`),
      async () => ({
        matmul: await matmul.run(),
        transformer: await fastest(() => transformer.run()),
        tokenizer: await fastest(() => tokenizer.run()),
      }),
      peer &&
        (async () => ({
          transformer: await fastest(() => peer.run("train")),
          tokenizer: await fastest(() => peer.run("train-tokenizer")),
        })),
    );
    const { rate: matmulRate } = partReport(least.own.matmul, matmul.flops);
    const report = (name: "transformer" | "tokenizer", { flops }: Probe): StepReport => {
      const part = partReport(least.own[name], flops);
      const peerSeconds = least.peer?.[name] ?? null;
      return {
        ...part,
        ofMatmul: part.rate / matmulRate,
        peerSeconds,
        speedup: peerSeconds === null ? null : peerSeconds / part.seconds,
      };
    };
    return {
      matmulRate,
      transformer: report("transformer", transformer),
      tokenizer: report("tokenizer", tokenizer),
      othersShare: least.othersShare,
    };
  } finally {
    await Promise.all([transformer.dispose(), tokenizer.dispose()]);
  }
}

/** Steps of a network in one round. */
const STEPS = 3;

/** The least of a few times. */
async function fastest(run: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < STEPS; i++) best = Math.min(best, await run());
  return best;
}
