/** Filling holes from what is around them: before encoding, as baselines, and to spread corrections. */
import type { RgbImage } from "../image/index.ts";
import { fromPlanes, toPlanes } from "./view.ts";

/** Mean of what is kept; the nearest kept pixel; or the smoothest continuation (Laplace's equation). */
export const FILLS = ["mean", "nearest", "diffusion"] as const;
export type Fill = (typeof FILLS)[number];

/** Where nothing is kept: mid-grey. */
const NOTHING_KNOWN = 128;

/**
 * The picture with its hole filled by a rule that reads only kept pixels: what was in the hole changes no byte.
 * @param hole [H, W], 1 = fill.
 */
export function fillHole(image: RgbImage, hole: Uint8Array, fill: Fill): RgbImage {
  const { width, height } = image;
  const planes = toPlanes(image);
  fillPlanes(planes, width, height, hole, fill, NOTHING_KNOWN);
  return fromPlanes(planes, width, height);
}

/** The same on planes of floats [planes, H, W], in place. `otherwise` goes where nothing is kept. */
export function fillPlanes(
  planes: Float32Array,
  width: number,
  height: number,
  hole: Uint8Array,
  fill: Fill,
  otherwise: number,
): void {
  const pixels = width * height;
  const order = indicesOf(hole);
  if (order.length === 0) return;
  const count = planes.length / pixels;
  const nearest = order.length === pixels || fill === "mean" ? undefined : nearestKept(hole, width, height);
  for (let p = 0; p < count; p++) {
    const plane = planes.subarray(p * pixels, (p + 1) * pixels);
    if (order.length === pixels) plane.fill(otherwise);
    else if (nearest === undefined) {
      const mean = meanKept(plane, hole);
      for (const i of order) plane[i] = mean;
    } else {
      for (const i of order) plane[i] = plane[nearest[i]!]!;
      if (fill === "diffusion") relax(plane, order, width, height);
    }
  }
}

function indicesOf(hole: Uint8Array): Int32Array {
  const out = new Int32Array(hole.length);
  let count = 0;
  for (let i = 0; i < hole.length; i++) if (hole[i] === 1) out[count++] = i;
  return out.subarray(0, count);
}

function meanKept(plane: Float32Array, hole: Uint8Array): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < plane.length; i++) {
    if (hole[i] === 1) continue;
    sum += plane[i]!;
    count++;
  }
  return sum / count;
}

/** For every pixel the index of the kept pixel that is fewest steps (up, down, left, right) away; itself where kept. */
export function nearestKept(hole: Uint8Array, width: number, height: number): Int32Array {
  return spread(hole, width, height).source;
}

/** Steps to the nearest kept pixel; 0 where kept. Where nothing is kept, the largest number. */
export function stepsToKept(hole: Uint8Array, width: number, height: number): Int32Array {
  return spread(hole, width, height).steps;
}

function spread(hole: Uint8Array, width: number, height: number): { source: Int32Array; steps: Int32Array } {
  const source = new Int32Array(hole.length).fill(-1);
  const steps = new Int32Array(hole.length).fill(0x7fffffff);
  const queue = new Int32Array(hole.length);
  let tail = 0;
  for (let i = 0; i < hole.length; i++) {
    if (hole[i] === 1) continue;
    source[i] = i;
    steps[i] = 0;
    queue[tail++] = i;
  }
  for (let head = 0; head < tail; head++) {
    const at = queue[head]!;
    const x = at % width;
    const visit = (next: number): void => {
      if (source[next] !== -1) return;
      source[next] = source[at]!;
      steps[next] = steps[at]! + 1;
      queue[tail++] = next;
    };
    if (at >= width) visit(at - width);
    if (x > 0) visit(at - 1);
    if (x < width - 1) visit(at + 1);
    if (at < width * (height - 1)) visit(at + width);
  }
  return { source, steps };
}

/** Sweeps of successive over-relaxation, forwards and backwards in turn, and the share by which each overshoots. */
const SWEEPS = 60;
const OVERSHOOT = 1.8;

/** Solves Laplace's equation in the hole; the picture's border reflects. */
function relax(plane: Float32Array, order: Int32Array, width: number, height: number): void {
  const last = width * (height - 1);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let k = 0; k < order.length; k++) {
      const at = order[sweep % 2 === 0 ? k : order.length - 1 - k]!;
      const x = at % width;
      const own = plane[at]!;
      // A neighbour beyond the border counts as the pixel itself: nothing flows across.
      const up = at >= width ? plane[at - width]! : own;
      const down = at < last ? plane[at + width]! : own;
      const left = x > 0 ? plane[at - 1]! : own;
      const right = x < width - 1 ? plane[at + 1]! : own;
      plane[at] = own + OVERSHOOT * ((up + down + left + right) / 4 - own);
    }
  }
}
