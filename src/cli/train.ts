import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { Argument, type Command } from "commander";
import { readProblem } from "../files/index.ts";
import { DEVICE_HELP, deviceChoices, expectDevice } from "../runtime/node.ts";
import type { RunProgress, RunResult } from "../train/index.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import { addThreadsFlag } from "./flags.ts";
import type { Reporter } from "./reporter.ts";
import { addTogetherFlags, checkTogetherFlags, coordinateRun, type TogetherFlags, takePart } from "./train-together.ts";

interface TrainFlags extends TogetherFlags {
  readonly config: string;
  readonly data: string;
  readonly out: string;
  readonly resume?: boolean;
  readonly quick?: boolean;
  readonly device?: string;
  readonly threads?: number;
}

/** `flexvar train`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Trains a tokenizer, or a transformer on a tokenizer's tokens. The run's folder gets checkpoints/, log.jsonl, sheets/ " +
        "and model/, a model folder that `flexvar generate --model` takes. A judge is a classifier that gives `flexvar " +
        "evaluate --features` its features. At the start the data card is printed and a contact sheet left in data.png; a " +
        "terminal shows a bar, anything else a line every run.logEvery steps. Ctrl-C writes a checkpoint and ends; a kill or a " +
        "full disk loses the steps since the last checkpoint, and --resume goes on from it.",
    )
    .addArgument(new Argument("<network>", "what to train").choices(["tokenizer", "transformer", "judge"]))
    .optionsGroup("Files:")
    .requiredOption("--config <F.json>", "the experiment; unknown keys are refused")
    .requiredOption(
      "--data <PATH>",
      "pictures: a folder per class, a plain folder, ImageNet, .npz, Parquet or WebDataset",
    )
    .requiredOption("--out <DIR>", "folder for checkpoints, logs, sheets and the model")
    .optionsGroup("Run:")
    .option("--resume", "go on from the last checkpoint in the run's folder, bit for bit on the CPU")
    .option("--quick", "the config's quick form: minutes instead of hours, to see that everything works")
    .option(
      `--device <${deviceChoices.join("|")}>`,
      `${DEVICE_HELP}. On webgpu the networks' parameters and optimiser state stay on the device; results differ from the CPU's by rounding`,
    );
  addTogetherFlags(addThreadsFlag(command));
  return {
    examples: [
      "flexvar train tokenizer --config configs/emoji-tokenizer.json --data my-pictures --out runs/tokenizer",
      "flexvar train transformer --config configs/emoji-transformer.json --data my-pictures --out runs/transformer",
      "flexvar train transformer --config configs/emoji-transformer.json --data my-pictures --out runs/transformer --device webgpu --resume",
      "flexvar train judge --config configs/emoji-judge.json --data runs/emoji-data-128 --out runs/emoji-judge",
      "flexvar train transformer --config configs/emoji-transformer.json --data my-pictures --out runs/transformer --cluster nats://10.0.0.1:4222 --members 4",
      "flexvar train transformer --config configs/emoji-transformer.json --data my-pictures --out runs/worker --cluster nats://10.0.0.1:4222 --worker",
    ],
    work: train,
  };
}

async function train([network]: readonly string[], flags: TrainFlags, { report, signal }: Running): Promise<Outcome> {
  const { config: path, data, out, resume = false, quick = false, device, threads } = flags;
  checkTogetherFlags(network, flags);
  if (device !== undefined && device !== "auto") expectDevice(device);
  await expectReadable("config", "file", path);
  await expectReadable("data", "folder or file", data);
  const { readConfig, tokenizerTrainingSchema, trainTokenizer, trainTransformer, transformerTrainingSchema } =
    await import("../train/index.ts");
  const log = (line: string): void => report.log(line);
  const progress = report.draws ? { progress: (now: RunProgress): void => showProgress(report, now) } : {};
  const options = { resume, signal, log, ...progress, ...(device && { device }), ...(threads && { threads }) };
  if (flags.worker === true)
    return takePart(await readConfig(transformerTrainingSchema, path, quick), data, out, options, flags, signal);
  const start = async (): Promise<RunResult> => {
    switch (network) {
      case "tokenizer":
        return trainTokenizer(await readConfig(tokenizerTrainingSchema, path, quick), data, out, options);
      case "transformer": {
        const config = await readConfig(transformerTrainingSchema, path, quick);
        if (flags.cluster !== undefined) return coordinateRun(config, data, out, options, flags);
        return trainTransformer(config, data, out, options);
      }
      default: {
        const { classifierTrainingSchema, trainClassifier } = await import("../classifier/index.ts");
        return trainClassifier(await readConfig(classifierTrainingSchema, path, quick), data, out, options);
      }
    }
  };
  const { step, finished, best } = await start();
  if (!finished) signal.throwIfAborted();
  return {
    json: {
      network: network ?? null,
      out,
      model: join(out, "model"),
      step,
      finished,
      best: best === undefined ? null : { ...best },
      ...measured(),
    },
  };
}

function showProgress(report: Reporter, { step, steps, imagesPerSecond, loss, lr, secondsLeft }: RunProgress): void {
  const note = `${step}/${steps}, loss ${loss.toPrecision(4)}, lr ${lr.toExponential(1)}, ${imagesPerSecond.toPrecision(3)} images/s`;
  report.progress(step, steps, note, 1000 * secondsLeft);
}

async function expectReadable(flag: string, what: string, path: string): Promise<void> {
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw new UsageError(`--${flag}: expected a readable ${what}, got "${path}" (${readProblem(error)})`, {
      cause: error,
    });
  });
}
