/** Which scales a shape and a number of steps give. */
import { type Grid, planScales, possibleSteps, sizesBeyond, targetGrid } from "flexvar/sampling";
import type { ModelInfo } from "../backend/types.ts";

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

/** Pixels on a side of the trained square. */
export const trainedPx = ({ factor, trainedSide }: ModelInfo): number => factor * trainedSide;
