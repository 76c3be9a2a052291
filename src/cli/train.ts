import type { Command } from "commander";
import { type Context, carryOut, type Outcome, type Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { wholeNumber } from "./flags.ts";

interface TrainFlags {
  readonly config: string;
  readonly data: string;
  readonly out: string;
  readonly resume?: boolean;
  readonly quick?: boolean;
  readonly threads?: number;
}

const NETWORKS = ["tokenizer", "transformer"] as const;

/** `flexvar train tokenizer|transformer`. */
export function define(command: Command, context: Context): void {
  command
    .description(
      "Trains a network from a config file (see configs/). Checkpoints hold the whole state; Ctrl-C writes one and " +
        "--resume continues from the newest. The model folder is OUT/model.",
    )
    .argument("<tokenizer|transformer>", "what to train")
    .optionsGroup("Files:")
    .requiredOption("--config <FILE>", "experiment; unknown keys are refused")
    .requiredOption("--data <PATH>", "data set: .npz, folder per class, plain folder, ImageNet, Parquet, WebDataset")
    .requiredOption("--out <DIR>", "folder for checkpoints, logs, sheets and the model")
    .optionsGroup("Run:")
    .option("--resume", "continue from the newest checkpoint in OUT")
    .option("--quick", "the config's quick form: minutes instead of hours, to see that everything works")
    .option("--threads <N>", "threads of one operator; all cores unless told", wholeNumber("threads", 1, 1024));
  const example = "--data runs/emoji-data --out runs/emoji-tokenizer";
  carryOut(command, context, [`flexvar train tokenizer --config configs/emoji-tokenizer.json ${example}`], train);
}

async function train([what]: readonly string[], flags: TrainFlags, { report, signal }: Running): Promise<Outcome> {
  const network = NETWORKS.find((name) => name === what);
  if (network === undefined) throw new UsageError(`train: expected ${NETWORKS.join(" or ")}, got "${what}"`);
  const { readConfig, tokenizerTrainingSchema, trainTokenizer, trainTransformer, transformerTrainingSchema } =
    await import("../train/index.ts");
  const options = {
    resume: flags.resume === true,
    signal,
    log: (line: string) => report.log(line),
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
  };
  const quick = flags.quick === true;
  const result =
    network === "tokenizer"
      ? await trainTokenizer(
          await readConfig(tokenizerTrainingSchema, flags.config, quick),
          flags.data,
          flags.out,
          options,
        )
      : await trainTransformer(
          await readConfig(transformerTrainingSchema, flags.config, quick),
          flags.data,
          flags.out,
          options,
        );
  return { json: { network, out: flags.out, step: result.step, finished: result.finished, best: result.best ?? null } };
}
