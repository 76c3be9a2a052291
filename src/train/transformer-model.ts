/** The transformer that a config trains, and the one that it ships. */
import { ExpectedError } from "../errors/index.ts";
import { conditionRows, downsampling, type TransformerConfig } from "../models/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import { checkTransformerConfig } from "./check-config.ts";
import type { SplitData } from "./data.ts";
import type { OpenTokenizer } from "./open-tokenizer.ts";
import { CLASS_TABLE } from "./start.ts";
import type { NamedArray } from "./state.ts";
import type { TransformerTraining } from "./transformer-config.ts";

export interface TransformerModels {
  readonly trained: TransformerConfig;
  /** Without the vectors of told transforms, which come last in the class table. */
  readonly shipped: TransformerConfig;
  /** The config of the model folder that the run leaves. */
  readonly folder: ModelConfig;
  /** Side of the largest grid. */
  readonly side: number;
  /** Styles that the model is told. */
  readonly styles: readonly string[];
}

/** @throws Error naming the key of the config that does not fit the tokenizer, or asks for what an evaluation cannot do. */
export function transformerModels(
  config: TransformerTraining,
  { train }: SplitData,
  { model: { tokenizer, defaultSampling } }: OpenTokenizer,
): TransformerModels {
  const { codebookSize, codeDim } = tokenizer;
  const styles = config.regularisation.styleDrop < 1 ? (train.styles ?? []) : [];
  const transforms = config.data.told?.transforms ?? [];
  const withConditions = (conditions: number): TransformerConfig => ({
    ...config.model,
    numClasses: train.classes.length,
    codebookSize,
    codeDim,
    ...(conditions > 0 && { conditions }),
  });
  const shipped = withConditions(styles.length);
  const side = config.data.size / downsampling(tokenizer);
  if (!Number.isInteger(side))
    throw new ExpectedError(`data.size: expected a multiple of the tokenizer's down-sampling, got ${config.data.size}`);
  const { guidance, topK, topP } = config.samples;
  const folder: ModelConfig = {
    tokenizer,
    transformer: shipped,
    trainedSide: side,
    dtype: "float32",
    id2label: train.classes,
    ...(styles.length > 0 && { styles }),
    ...(train.groups && { groups: train.groups }),
    defaultSampling: { ...defaultSampling, guidance, topK, topP },
  };
  checkTransformerConfig(config, folder);
  return { trained: withConditions(styles.length + transforms.length), shipped, folder, side, styles };
}

/** The parameters of the model that is shipped: the class table without the rows of told transforms. */
export function withoutTransforms(
  arrays: ReadonlyMap<string, NamedArray>,
  shipped: TransformerConfig,
): Map<string, NamedArray> {
  const shape = [conditionRows(shipped), shipped.width] as const;
  const data = arrays.get(CLASS_TABLE)!.data.subarray(0, shape[0] * shape[1]);
  return new Map([...arrays, [CLASS_TABLE, { shape, data }]]);
}
