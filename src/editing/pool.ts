/** Which tokens of a picture with a hole are forced at every scale, and what they are pooled from. */
import type { Grid } from "../sampling/index.ts";

/**
 * Cells of the finest grid whose pixels are all kept and that are more than `widen` cells from one with a hole pixel: latents
 * near the hole saw it.
 * @param hole [h·f, w·f], 1 = to paint.
 * @returns [h, w], 1 = kept.
 */
export function keptCells(hole: Uint8Array, [h, w]: Grid, factor: number, widen: number): Uint8Array {
  const kept = new Uint8Array(h * w).fill(1);
  const width = w * factor;
  for (let y = 0; y < h * factor; y++) {
    const row = Math.floor(y / factor) * w;
    for (let x = 0; x < width; x++) if (hole[y * width + x] === 1) kept[row + Math.floor(x / factor)] = 0;
  }
  const out = Uint8Array.from(kept);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      if (kept[y * w + x] === 1) continue;
      for (let v = Math.max(0, y - widen); v <= Math.min(h - 1, y + widen); v++)
        out.fill(0, v * w + Math.max(0, x - widen), v * w + Math.min(w - 1, x + widen) + 1);
    }
  return out;
}

/** One scale's share of a picture: latents pooled over kept cells, and which tokens are forced. */
export interface PooledScale {
  /** [h, w, Z]: the mean over the kept cells under each token, over all of them where none is kept. */
  readonly latent: Float32Array;
  /** [h, w], 1 = the picture's own token is put in place. */
  readonly forced: Uint8Array;
}

/**
 * Pools latents to a grid over kept cells alone. A token's window is that of area pooling: rows ⌊i·H/h⌋ up to, not including,
 * ⌈(i+1)·H/h⌉. It is forced where at least `keptShare` (above 0, at most 1) of its window is kept; where all is kept this is area pooling.
 * @param latent [H, W, Z] of the whole picture.
 * @param kept [H, W].
 */
export function poolKept(
  latent: Float32Array,
  kept: Uint8Array,
  [H, W]: Grid,
  [h, w]: Grid,
  keptShare: number,
): PooledScale {
  const Z = latent.length / (H * W);
  const out = new Float32Array(h * w * Z);
  const forced = new Uint8Array(h * w);
  const sum = new Float64Array(Z);
  for (let i = 0; i < h; i++)
    for (let j = 0; j < w; j++) {
      const [top, bottom] = [Math.floor((i * H) / h), Math.ceil(((i + 1) * H) / h)];
      const [left, right] = [Math.floor((j * W) / w), Math.ceil(((j + 1) * W) / w)];
      const cells = (bottom - top) * (right - left);
      const keptHere = countKept(kept, W, top, bottom, left, right);
      sum.fill(0);
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) {
          if (keptHere > 0 && kept[y * W + x] === 0) continue;
          for (let z = 0; z < Z; z++) sum[z] = sum[z]! + latent[(y * W + x) * Z + z]!;
        }
      const n = keptHere > 0 ? keptHere : cells;
      for (let z = 0; z < Z; z++) out[(i * w + j) * Z + z] = sum[z]! / n;
      forced[i * w + j] = keptHere >= keptShare * cells ? 1 : 0;
    }
  return { latent: out, forced };
}

function countKept(kept: Uint8Array, W: number, top: number, bottom: number, left: number, right: number): number {
  let count = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) count += kept[y * W + x]!;
  return count;
}
