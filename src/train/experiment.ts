/** One training run from its config to its end: what both networks' runs share. */
import { join } from "node:path";
import { type AugmentOptions, checkAugment, type Dataset, describeDataset, formatDataCard } from "../data/index.ts";
import { openRuntime } from "../devices/node.ts";
import { makeFolders, writeFileAtomic } from "../files/index.ts";
import { encodePng } from "../image/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { openSplit, type SplitData } from "./data.ts";
import { keepingData, settledData } from "./resume.ts";
import {
  CHECKPOINTS,
  type DisposableTrainee,
  type RunOptions,
  type RunResult,
  type RunSettings,
  runTraining,
} from "./run.ts";
import type { Json } from "./state.ts";
import type { TokenizerTraining } from "./tokenizer-config.ts";

export interface TrainOptions extends RunOptions {
  /** Threads of one operator; all cores by default. */
  readonly threads?: number;
  /** What computes: `auto`, or a device of this installation; `cpu` by default. On `webgpu` parameters and optimiser state stay there. */
  readonly device?: string;
}

/** The parts of a config that every experiment has. */
type ExperimentConfig = Pick<TokenizerTraining, "seed"> & {
  readonly data: Pick<TokenizerTraining["data"], "heldOutShare"> & { readonly augment: AugmentOptions };
  readonly run: Omit<RunSettings, "steps">;
  readonly optimizer: Pick<RunSettings, "steps">;
};

/** What a run has at hand when it begins. */
export interface Setup<C> {
  readonly config: C;
  readonly data: SplitData;
  readonly dataDir: string;
  readonly outDir: string;
  readonly runtime: Runtime;
  /** Takes lines for people. */
  readonly log: (line: string) => void;
  /** The part of each epoch's pictures that this run takes, where several share them; all where left out. */
  readonly share?: { readonly member: number; readonly members: number };
}

/** Opens the data and the runtime, trains or resumes what `start` makes of them, and closes everything. */
export async function runExperiment<C extends ExperimentConfig>(
  config: C,
  dataDir: string,
  outDir: string,
  options: TrainOptions,
  start: (setup: Setup<C>) => Promise<DisposableTrainee>,
): Promise<RunResult> {
  return withExperiment(config, dataDir, outDir, options, async (setup) => {
    const { data, log } = setup;
    const trainee = await start(setup);
    try {
      const settings = { ...config.run, steps: config.optimizer.steps };
      const kept = keepingData(trainee, data.train, log);
      return await runTraining(kept, settings, config as unknown as Json, outDir, options);
    } finally {
      await trainee.dispose();
    }
  });
}

/** Opens the data and the runtime for `work`, and closes the data. */
export async function withExperiment<C extends ExperimentConfig, T>(
  config: C,
  dataDir: string,
  outDir: string,
  options: TrainOptions,
  work: (setup: Setup<C>) => Promise<T>,
): Promise<T> {
  const log = options.log ?? (() => {});
  await makeFolders(outDir);
  checkAugment(config.data.augment);
  const settled = options.resume === true ? await settledData(join(outDir, CHECKPOINTS)) : {};
  const data = await openSplit(dataDir, config.data.heldOutShare, config.seed, settled);
  const { train, heldOut } = data;
  try {
    await showData(train, outDir, log);
    log(`data: ${train.length} training and ${heldOut.length} held-out pictures of ${train.classes.length} classes`);
    const runtime = await openRuntime({ threads: options.threads, device: options.device, onMessage: log });
    return await work({ config, data, dataDir, outDir, runtime, log });
  } finally {
    await train.close();
  }
}

/** Contact sheet of some training pictures. */
const DATA_SHEET = "data.png";

/** Prints the data card of the training pictures and leaves their contact sheet in the run's folder. */
async function showData(train: Dataset, outDir: string, log: (line: string) => void): Promise<void> {
  const { card, sheet } = await describeDataset(train);
  for (const line of `training data: ${formatDataCard(card)}`.split("\n")) log(line);
  if (sheet === undefined) return;
  const path = join(outDir, DATA_SHEET);
  await writeFileAtomic(path, encodePng(sheet));
  log(`contact sheet: ${path}`);
}
