/** What the tasks take: an opened model. */
import type { PlanarBatch } from "../image/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Grid } from "../sampling/index.ts";
import type { Networks } from "./networks.ts";

/** Tokens of one scale of a batch. */
export interface ScaleTokens {
  readonly grid: Grid;
  /** Code ids [B, h, w], row-major. */
  readonly tokens: Int32Array;
}

/** An opened model, as the pipeline is one. */
export interface OpenModel {
  readonly config: ModelConfig;
  /** The model's sessions. */
  readonly networks: Networks;
  /** Pixels on a side of one token. */
  readonly factor: number;
  /** Names of the classes by id; empty where the model has none. */
  readonly labels: readonly string[];
  /** Decodes one scale's tokens to pictures [B, 3, H, W], about [−1, 1], not clamped. */
  decode(scale: ScaleTokens): Promise<PlanarBatch>;
}
