import { areaMatrix } from "../image/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import type { Grid } from "../sampling/index.ts";
import { poolingNames } from "./tokenizer-objective.ts";

/** The area-pooling matrix [to, from] of one axis as a session value. */
export function areaValue(runtime: Runtime, from: number, to: number): Value {
  const matrix = areaMatrix(from, to);
  return runtime.floats(matrix.data, [matrix.out, matrix.in]);
}

/** Inputs of pooled scale `i`: latent and picture of a native grid to a smaller one, `factor` pixels a cell. */
export function poolingFeeds(
  runtime: Runtime,
  i: number,
  [H, W]: Grid,
  [h, w]: Grid,
  factor: number,
): Record<string, Value> {
  const names = poolingNames(i);
  return {
    [names.latentRows]: areaValue(runtime, H, h),
    [names.latentColumns]: areaValue(runtime, W, w),
    [names.imageRows]: areaValue(runtime, H * factor, h * factor),
    [names.imageColumns]: areaValue(runtime, W * factor, w * factor),
  };
}
