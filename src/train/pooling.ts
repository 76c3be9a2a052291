import { input, type Program, program, type Tensor } from "../engine/index.ts";
import { areaMatrix } from "../image/index.ts";
import { declareTokenizer, encodeLatent, latentRows, nearestCodes, type TokenizerConfig } from "../models/index.ts";
import { type Params, paramTensors } from "../nn/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import type { Grid } from "../sampling/index.ts";
import { imageInput, poolingShapes, poolSeparably } from "./tokenizer-objective.ts";

/** The area-pooling matrix [to, from] of one axis as a session value. */
export function areaValue(runtime: Runtime, from: number, to: number): Value {
  const matrix = areaMatrix(from, to);
  return runtime.floats(matrix.data, [matrix.out, matrix.in]);
}

/** Pictures `image` [B, 3, f·H, f·W] to their `latent` [B, Z, H, W]. */
export function encodeProgram(config: TokenizerConfig): Program {
  const p = paramTensors(declareTokenizer(config));
  return program("encode", { latent: encodeLatent(p, config, imageInput(config)) });
}

/** Tokens [B, h·w] of inputs `latent` [B, Z, H, W] pooled by `rows` [h, H] and `columns` [w, W]. */
export function pooledTokens(p: Params, { codeDim }: TokenizerConfig): Tensor {
  const latent = input("latent", "float32", ["B", codeDim, "H", "W"]);
  const pooled = poolSeparably(latent, input("rows", "float32", ["h", "H"]), input("columns", "float32", ["w", "W"]));
  return nearestCodes(p, latentRows(pooled));
}

/** Inputs of pooled scale `i`: latent and picture of a native grid to a smaller one, `factor` pixels a cell. */
export function poolingFeeds(
  runtime: Runtime,
  i: number,
  [H, W]: Grid,
  [h, w]: Grid,
  factor: number,
): Record<string, Value> {
  const matrices = poolingShapes(i, [h, w], [H, W], factor);
  return Object.fromEntries(
    matrices.map(([name, [to, from]]) => [name, areaValue(runtime, from as number, to as number)]),
  );
}
