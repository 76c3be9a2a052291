import type { DType, OpName, Shape, Tensor } from "../../src/engine/index.ts";
import type { Nd } from "./nd.ts";

/** Makes `count` input values from a stream of uniform numbers in [0, 1). */
export type Values = (count: number, uniform: () => number) => number[];

export interface InputSpec {
  readonly shape: Shape;
  readonly dtype?: DType;
  readonly values?: Values;
}

/** One row of the conformance list. */
export interface OpCase {
  readonly op: OpName;
  /** What is special about it; unique within its operation. */
  readonly name: string;
  readonly inputs: readonly InputSpec[];
  readonly build: (...inputs: Tensor[]) => Tensor;
  readonly reference: (...inputs: Nd[]) => Nd;
  /** Values of the shapes' symbols: the row is run with each. */
  readonly sizes?: readonly Readonly<Record<string, number>>[];
  /**
   * `check` (the default where the operation has a gradient): against finite differences; `none`: not defined for this
   * row; a function: the gradient of sum(y · r) for each float32 input, where it differs from the slope on purpose.
   */
  readonly gradient?: "check" | "none" | ((r: Nd, ...inputs: Nd[]) => Nd[]);
  /** Also the gradient of the gradient. */
  readonly second?: boolean;
}

const fill =
  (value: (uniform: () => number) => number): Values =>
  (count, uniform) =>
    Array.from({ length: count }, () => value(uniform));

export const between = (low: number, high: number): Values => fill((u) => low + (high - low) * u());

/** Of either sign, at a distance from zero. */
export const awayFromZero: Values = fill((u) => (u() < 0.5 ? -1 : 1) * (0.2 + u()));

export const whole = (low: number, high: number): Values => fill((u) => low + Math.floor((high - low + 1) * u()));

const flags: Values = whole(0, 1);

export const listed =
  (...values: number[]): Values =>
  (count) =>
    Array.from({ length: count }, (_, i) => values[i % values.length]!);

/** Shuffled values at least 0.2 apart: no ties, and none arise when an element moves a little. */
export const distinct =
  (offset = 0): Values =>
  (count, uniform) => {
    const values = Array.from({ length: count }, (_, i) => offset + 0.2 * (i - count / 2));
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [values[i], values[j]] = [values[j]!, values[i]!];
    }
    return values;
  };

export const f32 = (shape: Shape, values: Values = between(-1, 1)): InputSpec => ({ shape, values });
export const i64 = (shape: Shape, values: Values = whole(-3, 3)): InputSpec => ({ shape, values, dtype: "int64" });
export const i32 = (shape: Shape, values: Values = whole(-3, 3)): InputSpec => ({ shape, values, dtype: "int32" });
export const i8 = (shape: Shape, values: Values = whole(-127, 127)): InputSpec => ({ shape, values, dtype: "int8" });
export const bool = (shape: Shape): InputSpec => ({ shape, values: flags, dtype: "bool" });
