import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { namingFile } from "../errors/index.ts";
import { sizeText } from "../files/index.ts";
import { type Json, pictureFormat, readSettings } from "../image/index.ts";
import { textColumns } from "../report/index.ts";
import { type CommandWork, type Outcome, pulled, type Running } from "./command.ts";
import type { TensorCounts } from "./describe-file.ts";
import { modelHash } from "./identity.ts";
import { findModel } from "./model.ts";

/** `flexvar info`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Tells what a model folder or a checkpoint (.pth, .safetensors, .npz) holds: hyper-parameters, counts, element types, " +
        "codebook, labels; of a picture that flexvar drew, its settings.",
    )
    .argument(
      "[DIR|FILE]",
      "model folder, name of a shipped model, checkpoint or picture; the shipped model by default",
    );
  const examples = ["flexvar info models/d16", "flexvar info FlexVAE.pth --json", "flexvar info out/000.png"];
  return { examples, work: info };
}

async function info([named]: readonly (string | undefined)[], _: object, running: Running): Promise<Outcome> {
  const isFile = named !== undefined && (await stat(named).catch(() => undefined))?.isFile() === true;
  if (isFile) return fileInfo(named);
  const { model } = await pulled({ ...(named !== undefined && { model: named }) }, running);
  return folderInfo(findModel(model, { where: "info", what: "a checkpoint, a model folder" }));
}

async function fileInfo(path: string): Promise<Outcome> {
  if (await isPng(path)) return pictureInfo(path);
  const { describeFile } = await import("./describe-file.ts");
  const file = await describeFile(path);
  const { config, kind, codebook } = file;
  const rows: Row[] = [
    ["file", `${path}, ${file.format}, ${sizeText(file.bytes)}`],
    ["kind", kind],
    ...(file.problem === null ? [] : [["problem", file.problem] as const]),
    ...(file.notes ?? []).map((note): Row => ["note", note]),
    ...configRows(config),
    ...(codebook === null ? [] : [["codebook", codebook.join(" x ")] as const]),
    ["holds", kind === "arrays" ? countsText(file, "arrays", "elements") : countsText(file)],
    ...(file.arrays ?? []).map(({ name, dtype, shape }): Row => [`  ${name}`, `${dtype} [${shape.join(", ")}]`]),
  ];
  return { json: asJson(file), text: textColumns(rows) };
}

/** What a picture's settings say, each under the name that HTTP requests use. @throws FileError for one without */
async function pictureInfo(path: string): Promise<Outcome> {
  const bytes = await readFile(path);
  const settings = namingFile(path, () => readSettings(bytes));
  const rows = Object.entries(settings).map(([name, value]): Row => [name, settingText(value)]);
  return {
    json: asJson({ path, kind: "picture", bytes: bytes.length, settings }),
    text: textColumns([["picture", `${path}, ${sizeText(bytes.length)}`], ...rows]),
  };
}

/** Masks and tables are long. */
const LONGEST = 200;
function settingText(value: Json): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}

/** Bytes by which a picture is told from a checkpoint. */
const HEAD = 64;

async function isPng(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0);
    return pictureFormat(buffer.subarray(0, bytesRead)) === "PNG";
  } finally {
    await file.close();
  }
}

async function folderInfo(folder: string): Promise<Outcome> {
  const { formatModelConfig, openFolder, TOKENIZER_FILE, TRANSFORMER_FILE } = await import("../pretrained/node.ts");
  const { countTensors } = await import("./describe-file.ts");
  const { downsampling, isTokenizerBuffer, isTransformerBuffer } = await import("../models/index.ts");
  const model = await openFolder(folder);
  try {
    const { config } = model;
    const json = JSON.parse(formatModelConfig(config)) as Record<string, Json> & {
      tokenizer: Config;
      transformer: Config | null;
    };
    const sizeOf = async (name: string): Promise<number> => (await stat(join(folder, name))).size;
    const tokenizer = {
      file: TOKENIZER_FILE,
      bytes: await sizeOf(TOKENIZER_FILE),
      ...countTensors(model.tokenizer.file.tensors.values(), isTokenizerBuffer),
    };
    const transformer = model.transformer && {
      file: TRANSFORMER_FILE,
      bytes: await sizeOf(TRANSFORMER_FILE),
      ...countTensors(model.transformer.file.tensors.values(), isTransformerBuffer),
    };
    const factor = downsampling(config.tokenizer);
    const hash = await modelHash(folder);
    const parameters = tokenizer.parameters + (transformer?.parameters ?? 0);
    const { codebookSize, codeDim } = config.tokenizer;
    const rows: Row[] = [
      ["model", folder],
      ["hash", hash],
      [
        "trained",
        `${config.trainedSide}x${config.trainedSide} tokens, ${config.trainedSide * factor} px (factor ${factor})`,
      ],
      ["codebook", `${codebookSize} x ${codeDim}`],
      ["classes", `${config.transformer?.numClasses ?? 0}, ${config.id2label.length} labels`],
      ["parameters", grouped(parameters)],
      ["tokenizer", `${countsText(tokenizer)}, ${sizeText(tokenizer.bytes)}`],
      ...configRows(json.tokenizer, "  "),
      ...(transformer === null
        ? []
        : [["transformer", `${countsText(transformer)}, ${sizeText(transformer.bytes)}`] as const]),
      ...configRows(json.transformer, "  "),
      [
        "sampling",
        Object.entries(json.default_sampling as Config)
          .map(([k, v]) => `${k} ${v}`)
          .join(", "),
      ],
    ];
    return {
      json: asJson({
        path: folder,
        kind: "model",
        hash,
        factor,
        trained_size: config.trainedSide * factor,
        codebook: [codebookSize, codeDim],
        labels: config.id2label.length,
        parameters,
        bytes: tokenizer.bytes + (transformer?.bytes ?? 0),
        tokenizer,
        transformer,
        config: json,
      }),
      text: textColumns(rows),
    };
  } finally {
    await model.close();
  }
}

type Row = readonly [name: string, value: string];
type Config = Readonly<Record<string, Json>>;

function configRows(config: Readonly<Record<string, unknown>> | null, indent = ""): Row[] {
  return Object.entries(config ?? {}).map(([key, value]) => [`${indent}${key}`, String(value)]);
}

function countsText(counts: TensorCounts, items = "tensors", elements = "parameters"): string {
  const buffers = counts.buffers > 0 ? ` (${counts.buffers} buffers)` : "";
  const types = Object.keys(counts.dtypes).join(" and ");
  return `${counts.tensors} ${items}${buffers}, ${grouped(counts.parameters)} ${elements}, ${types}`;
}

/** A count with its thousands apart: the same in every locale. */
const grouped = (n: number): string => n.toLocaleString("en-US").replaceAll(",", " ");

/** A plain value as JSON's type. */
const asJson = (value: object): Outcome["json"] => JSON.parse(JSON.stringify(value)) as Outcome["json"];
