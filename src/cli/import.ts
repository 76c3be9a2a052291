import type { Command } from "commander";
import type { ImportRequest } from "../pretrained/node.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { wholeNumber } from "./flags.ts";
import { modelHash } from "./identity.ts";
import { readLabels } from "./labels-file.ts";
import { shownPath } from "./model.ts";

interface ImportFlags extends Pick<ImportRequest, "tokenizer" | "transformer" | "out" | "trainedSide"> {
  readonly labels?: string;
}

/** `flexvar import`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Makes a model folder from released checkpoints (.pth in zip form, safetensors, or the index.json of sharded ones). Every hyper-parameter is read off " +
        "the tensors' shapes, checksums are verified, the element type is kept. What trainers put around the tensors is seen " +
        "through; a running average wins over the weights beside it. The folder appears whole or not at all.",
    )
    .optionsGroup("Files:")
    .requiredOption("--tokenizer <FILE>", "tokenizer checkpoint, such as FlexVAE.pth")
    .option(
      "--transformer <FILE>",
      "transformer checkpoint, such as FlexVARd16-epo179.pth; without it a tokenizer alone",
    )
    .requiredOption("--out <DIR>", "model folder to make; must be new or empty")
    .optionsGroup("Model:")
    .option(
      "--labels <FILE|imagenet>",
      "class names: imagenet, a JSON array or object (id to name), or one name a line",
    )
    .option(
      "--trained-side <N>",
      "side of the largest grid trained on; 16 by default",
      wholeNumber("trained-side", 1, 1024),
    );
  return {
    examples: [
      "flexvar import --tokenizer FlexVAE.pth --transformer FlexVARd16-epo179.pth --labels imagenet --out models/d16",
    ],
    work: importFolder,
  };
}

async function importFolder(_: readonly string[], flags: ImportFlags, { report, signal }: Running): Promise<Outcome> {
  const labels = flags.labels === undefined ? undefined : await readLabels(flags.labels);
  const { formatModelConfig, importModel } = await import("../pretrained/node.ts");
  const { out } = flags;
  const summary = await importModel({ ...flags, labels, signal, onProgress: (message) => report.log(message) });
  const millions = (n: number): string => `${(n / 1e6).toFixed(1)} M`;
  const parts = [
    `tokenizer ${millions(summary.tokenizerParams)}`,
    ...(summary.transformerParams === null ? [] : [`transformer ${millions(summary.transformerParams)}`]),
  ];
  report.log(`model in ${shownPath(out)}: ${parts.join(", ")} parameters, ${summary.config.id2label.length} labels`);
  return {
    json: {
      out,
      hash: await modelHash(out),
      config: JSON.parse(formatModelConfig(summary.config)),
      tokenizer_parameters: summary.tokenizerParams,
      transformer_parameters: summary.transformerParams,
      notes: summary.notes,
      ...measured(),
    },
  };
}
