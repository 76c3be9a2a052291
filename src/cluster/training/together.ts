/** A transformer trained by many workers: `flexvar train transformer --cluster`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ExpectedError } from "../../errors/index.ts";
import { makeFolders, writeFileAtomic } from "../../files/index.ts";
import { parseJson, readAs } from "../../json/index.ts";
import {
  CHECKPOINTS,
  type Json,
  keepingData,
  listStates,
  openTokenizer,
  type RunResult,
  runTraining,
  type TrainOptions,
  type TransformerTraining,
  transformerTrainee,
  withExperiment,
} from "../../train/index.ts";
import type { Cluster } from "../connect.ts";
import { coordinate } from "./coordinator.ts";
import { expectMatch, matchOf } from "./match.ts";
import { joinRun, type MemberResult } from "./member.ts";
import type { RoundSettings } from "./messages.ts";
import { openTrainingStore } from "./store.ts";

export interface TogetherOptions extends TrainOptions {
  readonly cluster: Pick<Cluster, "connection">;
  /** The run's name on the server: letters, digits, hyphens and underscores; `train` by default. */
  readonly name?: string | undefined;
  /** Copies of what is stored, on as many servers; 1 by default. */
  readonly replicas?: number | undefined;
  /** Without a sign of life for so long a process counts as dead, in ms; 10 s by default. */
  readonly leaseMs?: number | undefined;
}

export interface CoordinateOptions extends TogetherOptions {
  readonly settings: RoundSettings;
  /** Least answers that end a round; half of the members by default. */
  readonly least?: number | undefined;
  /** How long others are waited for after a round's first answer, in seconds; by default as long again as that took, at least 10 s. */
  readonly patience?: number | undefined;
}

/** The paper's (arXiv 2311.08105): outer Nesterov momentum 0.9 at rate 0.7; H is 500 there, for models that send far more bytes. */
export const ROUND_DEFAULTS = { innerSteps: 20, outerRate: 0.7, outerMomentum: 0.9, answers: "fp16" } as const;

const NAME = "train";

/**
 * Coordinates a run: its folder becomes what `trainTransformer` makes of it, while workers take the steps. `data.batchSize` pictures
 * a step are those of all members together.
 */
export async function coordinateTransformer(
  config: TransformerTraining,
  dataDir: string,
  outDir: string,
  options: CoordinateOptions,
): Promise<RunResult> {
  const { settings, signal, log = () => {}, name = NAME } = options;
  expectDivisible(config, settings);
  return withExperiment(config, dataDir, outDir, options, async (setup) => {
    const store = await openTrainingStore(options.cluster, outDir, options);
    try {
      const tokenizer = await openTokenizer(config.tokenizer);
      const steps = { ...config.run, steps: config.optimizer.steps };
      const trainee = await coordinate(await transformerTrainee(setup, tokenizer), {
        ...options,
        store,
        name,
        id: await runId(outDir, options.resume === true),
        match: await matchOf(config, tokenizer.hash, setup.data),
        run: steps,
        log,
        signal,
      });
      try {
        const kept = keepingData(trainee, setup.data.train, log);
        const saved = { ...config, rounds: settings } as unknown as Json;
        const result = await runTraining(kept, steps, saved, outDir, options);
        if (result.finished) await trainee.finish();
        return result;
      } finally {
        await trainee.dispose();
      }
    } finally {
      await store.close();
    }
  });
}

/** Takes part in a run, until it is finished or the signal is aborted; `outDir` keeps the data's tokens. */
export async function joinTransformer(
  config: TransformerTraining,
  dataDir: string,
  outDir: string,
  worker: string,
  options: TogetherOptions,
): Promise<MemberResult> {
  const { log = () => {}, name = NAME, signal, leaseMs } = options;
  // Weights come from the coordinator, those to start from too.
  const { start: _, ...own } = config;
  return withExperiment(config, dataDir, outDir, { ...options, resume: false }, async (setup) => {
    const store = await openTrainingStore(options.cluster, outDir, options);
    try {
      const tokenizer = await openTokenizer(config.tokenizer);
      const match = await matchOf(config, tokenizer.hash, setup.data);
      return await joinRun({
        store,
        name,
        worker,
        expect: (run) => expectMatch(name, run.match, match),
        open: (share) => {
          const data = { ...config.data, batchSize: config.data.batchSize / share.members };
          return transformerTrainee({ ...setup, config: { ...own, data }, share }, tokenizer);
        },
        leaseMs,
        signal,
        log,
      });
    } finally {
      await store.close();
    }
  });
}

function expectDivisible({ data: { batchSize } }: TransformerTraining, { members }: RoundSettings): void {
  if (batchSize % members === 0) return;
  throw new ExpectedError(
    `data.batchSize: expected a multiple of the ${members} members, who share a step's pictures, got ${batchSize}`,
  );
}

const ID_FILE = "cluster.json";
const idSchema = z.object({ id: z.string() });

/** The mark by which a resumed coordinator finds its run. */
async function runId(outDir: string, resume: boolean): Promise<string> {
  const path = join(outDir, ID_FILE);
  const known = await readFile(path).catch(() => undefined);
  if (resume && known !== undefined) return readAs(idSchema, parseJson(known, path), path).id;
  const id = `t${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
  await makeFolders(outDir);
  // A folder of another run is refused before its first step; its mark stays.
  if ((await listStates(join(outDir, CHECKPOINTS))).length === 0 || resume)
    await writeFileAtomic(path, `${JSON.stringify({ id })}\n`);
  return id;
}
