import { OptionError } from "../errors/index.ts";
import { checkGrids, equivalentSide, type Grid, MAX_GRID_SIDE, sameGrid } from "./grid.ts";
import { DEFAULT_STEPS, defaultSizes, type StepTable, sizesBeyond, tableSizes } from "./tables.ts";

/** Width and height in pixels, as users write sizes. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Part of the decoded picture that was asked for, in pixels. */
interface Crop extends PixelSize {
  readonly left: number;
  readonly top: number;
}

export interface PlanRequest {
  /** Steps in all, those beyond the trained side included. */
  readonly steps?: number | undefined;
  /** Step table used when `steps` is not given (steps up to the trained side only); 10 by default. */
  readonly defaultSteps?: number | undefined;
  /** Which 8-step list: the paper's (default) or the released script's. */
  readonly table?: StepTable | undefined;
  /** A list by hand; excludes `steps`. */
  readonly scales?: readonly Grid[] | undefined;
  /** Picture size; the trained square by default, or the last grid of `scales`. */
  readonly sizePx?: PixelSize | undefined;
  /** Pixels per token along one side. */
  readonly factor: number;
  /** Side of the largest grid the model was trained on, G. */
  readonly trainedSide: number;
}

export interface ScalePlan {
  readonly grids: readonly Grid[];
  /** For every grid the side that stands for it: the table's s, or round(√(h·w)) for a list by hand. */
  readonly baseSizes: readonly number[];
  /** Size of the decoded picture: the last grid times the factor. */
  readonly decodedPx: PixelSize;
  /** Size that was asked for. */
  readonly sizePx: PixelSize;
  /** Present where the asked size is not a multiple of the factor: what to keep of the decoded picture (centred). */
  readonly crop?: Crop;
}

/**
 * Plans the grids of one picture.
 *
 * With h×w the target grid and S = max(G, min(h, w)), grid i is (⌊h·s/S⌋, ⌊w·s/S⌋), at least 1, equal neighbours merged,
 * for s in the step table of the trained side G followed by {@link sizesBeyond}(G, S). For squares this is the published
 * table; for other shapes whose shorter side is within G it is the paper's rule (arXiv 2502.20313, section 3.4); beyond that the shape
 * first reaches the trained size, then grows as the published 384 and 512 px tables do.
 * The last grid is h×w. Sizes that the factor does not divide use the next larger grid, and `crop` says what to keep.
 * @throws OptionError in words when values are out of range or contradict each other.
 */
export function planScales(request: PlanRequest): ScalePlan {
  const { factor, trainedSide, scales, steps } = request;
  checkCount(factor, "planScales: factor");
  checkCount(trainedSide, "planScales: trainedSide");
  if (scales !== undefined) {
    if (steps !== undefined) throw new OptionError("steps", "either steps or scales", "both");
    return planList(checkGrids(scales), request.sizePx, factor);
  }
  const trained = trainedSide * factor;
  const sizePx = request.sizePx ?? { width: trained, height: trained };
  const [h, w] = targetGrid(sizePx, factor);
  const reference = Math.max(trainedSide, Math.min(h, w));
  const sizes = baseSizes(request, reference);
  const grids: Grid[] = [];
  const bases: number[] = [];
  for (const s of sizes) {
    const grid: Grid = [Math.max(1, Math.floor((h * s) / reference)), Math.max(1, Math.floor((w * s) / reference))];
    const last = grids.at(-1);
    if (last && sameGrid(last, grid)) continue;
    grids.push(grid);
    bases.push(s);
  }
  return finish(grids, bases, sizePx, factor);
}

function baseSizes(request: PlanRequest, reference: number): number[] {
  const { trainedSide, steps } = request;
  const table = request.table ?? "paper";
  const beyond = sizesBeyond(trainedSide, reference);
  if (steps === undefined) {
    return [...defaultSizes(trainedSide, request.defaultSteps ?? DEFAULT_STEPS, table), ...beyond];
  }
  checkCount(steps, "steps");
  return [...tableSizes(steps - beyond.length, trainedSide, table, beyond.length), ...beyond];
}

function planList(grids: readonly Grid[], sizePx: PixelSize | undefined, factor: number): ScalePlan {
  const last = grids.at(-1)!;
  if (sizePx) {
    const wanted = targetGrid(sizePx, factor);
    if (!sameGrid(wanted, last)) {
      throw new OptionError(
        "scales",
        `the last grid to be ${wanted[0]}x${wanted[1]} for ${sizePx.width}x${sizePx.height} pixels (width x height)`,
        `${last[0]}x${last[1]}`,
      );
    }
  }
  const size = sizePx ?? { width: last[1] * factor, height: last[0] * factor };
  return finish(grids, grids.map(equivalentSide), size, factor);
}

/**
 * Smallest grid that covers a picture of this size.
 * @throws OptionError when a side is not a whole number of pixels from 1 to {@link MAX_GRID_SIDE}·factor.
 */
export function targetGrid({ width, height }: PixelSize, factor: number): Grid {
  const most = MAX_GRID_SIDE * factor;
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1 || side > most) {
      throw new OptionError("size", `sides from 1 to ${most} pixels`, `${width}x${height}`);
    }
  }
  return [Math.ceil(height / factor), Math.ceil(width / factor)];
}

function finish(grids: readonly Grid[], bases: readonly number[], sizePx: PixelSize, factor: number): ScalePlan {
  const [h, w] = grids.at(-1)!;
  const decodedPx = { width: w * factor, height: h * factor };
  const plan: ScalePlan = { grids, baseSizes: bases, decodedPx, sizePx };
  if (decodedPx.width === sizePx.width && decodedPx.height === sizePx.height) return plan;
  const crop: Crop = {
    left: Math.floor((decodedPx.width - sizePx.width) / 2),
    top: Math.floor((decodedPx.height - sizePx.height) / 2),
    width: sizePx.width,
    height: sizePx.height,
  };
  return { ...plan, crop };
}

function checkCount(value: number, where: string): void {
  if (!Number.isInteger(value) || value < 1) throw new OptionError(where, "a whole number above 0", value);
}
