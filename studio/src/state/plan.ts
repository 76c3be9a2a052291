/** Shapes that the form offers, and which scales a shape and a number of steps give. */
import { type Grid, planScales, possibleSteps, sizesBeyond, targetGrid } from "flexvar/sampling";
import type { DrawRequest, ModelInfo } from "../backend/types.ts";

export interface Shape {
  readonly width: number;
  readonly height: number;
}

/** Scales that a shape adds beyond the size that the model was trained at. */
function beyond({ factor, trainedSide }: ModelInfo, shape: Shape): number {
  const [h, w] = targetGrid(shape, factor);
  return sizesBeyond(trainedSide, Math.max(trainedSide, Math.min(h, w))).length;
}

/** Numbers of steps possible for a shape, ascending. */
export function stepChoices(info: ModelInfo, shape: Shape): number[] {
  const more = beyond(info, shape);
  return possibleSteps(info.trainedSide).map((steps) => steps + more);
}

/** The possible number of steps nearest to one. */
export function nearestSteps(info: ModelInfo, shape: Shape, steps: number): number {
  return stepChoices(info, shape).reduce((best, one) => (Math.abs(one - steps) < Math.abs(best - steps) ? one : best));
}

/** Grids of the scales, coarse to fine. */
export function gridsOf({ factor, trainedSide }: ModelInfo, sizePx: Shape, steps: number): readonly Grid[] {
  return planScales({ factor, trainedSide, steps, sizePx }).grids;
}

/** Steps over which guidance grows at most (the ramp of the published numbers). */
const RAMP_STEPS = 9;

/**
 * An order that ends at a scale of another, with the same tokens up to there. Guidance that grows to its whole strength by the last scale is
 * as strong at each as it was.
 */
export function endedAt(info: ModelInfo, request: DrawRequest, grids: readonly Grid[], last: number): DrawRequest {
  const [h, w] = grids[last]!;
  const mode = request.more?.guidanceMode ?? info.defaults.guidanceMode;
  const share = mode === "ramp" ? Math.min(last, RAMP_STEPS) / Math.min(grids.length - 1, RAMP_STEPS) : 1;
  return {
    ...request,
    width: w * info.factor,
    height: h * info.factor,
    guidance: request.guidance * share,
    scales: grids.slice(0, last + 1),
  };
}

/** Pixels on a side of the trained square. */
export const trainedPx = ({ factor, trainedSide }: ModelInfo): number => factor * trainedSide;

export interface Ratio {
  readonly name: string;
  /** Width to height. */
  readonly width: number;
  readonly height: number;
}

export const RATIOS: readonly Ratio[] = [
  { name: "1:1", width: 1, height: 1 },
  { name: "4:3", width: 4, height: 3 },
  { name: "3:4", width: 3, height: 4 },
  { name: "16:9", width: 16, height: 9 },
  { name: "2:1", width: 2, height: 1 },
  { name: "1:2", width: 1, height: 2 },
];

export interface SizePreset {
  readonly name: string;
  /** Shorter side to the trained side. */
  readonly factor: number;
}

export const SIZES: readonly SizePreset[] = [
  { name: "Small", factor: 0.5 },
  { name: "Trained", factor: 1 },
  { name: "Large", factor: 1.5 },
  { name: "Double", factor: 2 },
];

/** Limits of a side, as a multiple of the trained side. */
const LEAST = 0.25;
const MOST = 4;

/** The shape of a ratio whose shorter side is `short` pixels, in whole tokens. */
export function shapeOf(info: ModelInfo, { width, height }: Shape, short: number): Shape {
  const unit = short / Math.min(width, height);
  return { width: snapped(info, width * unit), height: snapped(info, height * unit) };
}

/** A side in whole tokens, within what the studio offers. */
export function snapped(info: ModelInfo, side: number): number {
  const whole = trainedPx(info);
  const clamped = Math.min(MOST * whole, Math.max(LEAST * whole, side));
  return Math.round(clamped / info.factor) * info.factor;
}

/** The preset ratio that a shape has, rounding to tokens allowed for. */
export function ratioOf(info: ModelInfo, shape: Shape): Ratio | undefined {
  const short = Math.min(shape.width, shape.height);
  return RATIOS.find((ratio) => {
    const like = shapeOf(info, ratio, short);
    return like.width === shape.width && like.height === shape.height;
  });
}
