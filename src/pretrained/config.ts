/** `config.json` of a model folder; `models/emoji/config.json` is one. */

import { z } from "zod";
import { FileError } from "../errors/index.ts";
import { parseJson } from "../json/index.ts";
import { downsampling, type TokenizerConfig, type TransformerConfig } from "../models/index.ts";
import {
  checked,
  type DefaultSampling,
  explain,
  LONGEST_CLASS_NAME,
  readDefaultSampling,
  writeDefaultSampling,
} from "../options/index.ts";

/** Files of a model folder. */
export const CONFIG_FILE = "config.json";
export const TOKENIZER_FILE = "tokenizer.safetensors";
export const TRANSFORMER_FILE = "transformer.safetensors";
export const CARD_FILE = "README.md";

/** Element types in which a folder's weights are stored; int8: the transformer's products in integers. */
const STORED_DTYPES = ["float32", "float16", "bfloat16", "int8"] as const;

export interface ModelConfig {
  readonly tokenizer: TokenizerConfig;
  /** Null while only a tokenizer has been trained. */
  readonly transformer: TransformerConfig | null;
  /** Side of the largest grid the model was trained on, G. */
  readonly trainedSide: number;
  readonly dtype: (typeof STORED_DTYPES)[number];
  /** Names of the classes by id; may be empty. */
  readonly id2label: readonly string[];
  /** Names of the styles that can be told beside a class, by their row after "no class". */
  readonly styles?: readonly string[];
  /** Names of classes by the name of a group of them. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly defaultSampling: DefaultSampling;
}

const positive = z.int().min(1).max(1_000_000);

/** What `config.json` says of a tokenizer, by the names that fields have in code. */
export const tokenizerFields = {
  baseChannels: positive,
  channelMultipliers: z.array(z.number().positive()).min(1).max(16),
  resBlocks: positive,
  decoderResBlocks: positive,
  attention: z.boolean(),
  latentChannels: positive,
  codeDim: positive,
  codebookSize: positive,
  normGroups: positive,
  patchSize: positive,
};

/** The same of a transformer; its further conditions are the config's styles. */
const transformerFields = {
  depth: positive,
  width: positive,
  heads: positive,
  mlpWidth: positive,
  numClasses: positive,
  codebookSize: positive,
  codeDim: positive,
  sharedAdaLN: z.boolean(),
  qkNorm: z.boolean(),
  positionSide: positive,
};

/** A field's name in the file: `shared_ada_ln` for `sharedAdaLN`. */
const inFile = (name: string): string => name.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);

/** A part of a file as a value with the names that its fields have in code, */
export const partSchema = <S extends z.ZodRawShape>(fields: S) =>
  z
    .strictObject(Object.fromEntries(Object.entries(fields).map(([name, field]) => [inFile(name), field])))
    .transform(
      (part) =>
        Object.fromEntries(Object.keys(fields).map((name) => [name, part[inFile(name)]])) as z.infer<z.ZodObject<S>>,
    );

/** and such a value as a part of the file. */
export const partOf = (fields: z.ZodRawShape, value: object) =>
  Object.fromEntries(Object.keys(fields).map((name) => [inFile(name), Reflect.get(value, name)]));

const configSchema = z.object({
  model_type: z.literal("flexvar"),
  version: z.literal(1),
  trained_side: positive,
  dtype: z.enum(STORED_DTYPES),
  tokenizer: partSchema(tokenizerFields),
  transformer: partSchema(transformerFields).nullable(),
  id2label: z.record(z.string().regex(/^\d{1,7}$/), z.string().min(1).max(LONGEST_CLASS_NAME)),
  styles: z.array(z.string().min(1).max(LONGEST_CLASS_NAME)).min(1).max(10_000).optional(),
  groups: z.record(z.string().min(1).max(LONGEST_CLASS_NAME), z.array(z.string().min(1)).min(1)).optional(),
  default_sampling: z.unknown(),
});

/** Reads a config. @throws Error `where: …` naming the key, what was expected and what was found. */
export function parseModelConfig(text: string | Uint8Array, where: string): ModelConfig {
  const read = checked(configSchema, parseJson(text, where));
  if (!read.success) {
    const { parameter, expected, got } = explain(read.error.issues[0]!);
    throw new FileError(where, expected, got, { where: parameter || "the file", cause: read.error });
  }
  const { tokenizer, transformer, trained_side, dtype, id2label, styles, groups, default_sampling } = read.data;
  const config: ModelConfig = {
    tokenizer,
    transformer: transformer && { ...(styles && { conditions: styles.length }), ...transformer },
    trainedSide: trained_side,
    dtype,
    id2label: labelList(id2label, where),
    ...(styles && { styles }),
    ...(groups && { groups }),
    defaultSampling: readDefaultSampling(default_sampling),
  };
  checkModelConfig(config, where);
  return config;
}

/** Throws where a folder with this config could not be opened: every limit of {@link parseModelConfig} holds for what is written. */
export function expectOpenable(config: ModelConfig, where: string): void {
  const id = config.id2label.findIndex((name) => name === "" || name.length > LONGEST_CLASS_NAME);
  if (id >= 0) {
    const name = config.id2label[id]!;
    throw new FileError(
      where,
      `class names of 1 to ${LONGEST_CLASS_NAME} characters`,
      `${name.length} for class ${id} ("${name.slice(0, 40)}…")`,
    );
  }
  parseModelConfig(formatModelConfig(config), where);
}

/** Throws where the parts of a config do not fit each other. */
export function checkModelConfig({ tokenizer, transformer, id2label, groups = {} }: ModelConfig, where: string): void {
  const fail = (expected: string, got: string): never => {
    throw new FileError(where, expected, got);
  };
  for (const multiplier of [1, ...tokenizer.channelMultipliers]) {
    const channels = multiplier * tokenizer.baseChannels;
    if (!Number.isInteger(channels) || channels % tokenizer.normGroups !== 0)
      fail(`channels in whole multiples of ${tokenizer.normGroups} norm groups`, `${channels}`);
  }
  if (downsampling(tokenizer) > 64) fail("a down-sampling of at most 64", `${downsampling(tokenizer)}`);
  const names = new Set(id2label);
  for (const [group, members] of Object.entries(groups))
    for (const name of members) if (!names.has(name)) fail(`names of classes in groups.${group}`, `"${name}"`);
  if (transformer === null) return;
  if (transformer.width % transformer.heads !== 0)
    fail(`a width divisible by ${transformer.heads} heads`, `${transformer.width}`);
  if (transformer.codebookSize !== tokenizer.codebookSize || transformer.codeDim !== tokenizer.codeDim)
    fail(
      `the tokenizer's codebook of ${tokenizer.codebookSize}x${tokenizer.codeDim} in the transformer`,
      `${transformer.codebookSize}x${transformer.codeDim}`,
    );
  if (id2label.length > transformer.numClasses) fail(`at most ${transformer.numClasses} labels`, `${id2label.length}`);
}

/** The text of `config.json`. */
export function formatModelConfig(config: ModelConfig): string {
  const { tokenizer, transformer } = config;
  const json = {
    model_type: "flexvar",
    version: 1,
    trained_side: config.trainedSide,
    dtype: config.dtype,
    tokenizer: partOf(tokenizerFields, tokenizer),
    transformer: transformer && partOf(transformerFields, transformer),
    id2label: { ...config.id2label },
    ...(config.styles && { styles: config.styles }),
    ...(config.groups && { groups: config.groups }),
    default_sampling: writeDefaultSampling(config.defaultSampling),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function labelList(id2label: Readonly<Record<string, string>>, where: string): string[] {
  const count = Object.keys(id2label).length;
  return Array.from({ length: count }, (_, id) => {
    const label = id2label[String(id)];
    if (label === undefined)
      throw new FileError(where, "a name for each id from 0", `none for ${id}`, { where: "id2label" });
    return label;
  });
}
