/** Tokens of a picture as they are put in place of sampled ones: encoded once, pooled over what is kept at every scale. */
import { keptCells, poolKept, type View } from "../editing/index.ts";
import { areaMatrix, type RgbImage, rgbToPlanar } from "../image/index.ts";
import { type Grid, gridTokens } from "../sampling/index.ts";
import { resizeFeeds } from "./forward.ts";
import type { Networks } from "./networks.ts";

/** Latents [h, w, Z] of one picture. */
export interface Latent {
  readonly data: Float32Array;
  readonly grid: Grid;
}

/** Runs the encoder on one picture whose sides are multiples of the factor. */
export async function encodeOne(networks: Networks, picture: RgbImage, factor: number): Promise<Latent> {
  const { data, height, width } = rgbToPlanar([picture]);
  const image = networks.runtime.floats(data, [1, 3, height, width]);
  const { latent } = await (await networks.encoder()).run({ image });
  return { data: latent!.data as Float32Array, grid: [height / factor, width / factor] };
}

/** One scale's tokens [h·w], and which of them are forced. */
export interface GivenScale {
  readonly tokens: Int32Array;
  readonly forced: Uint8Array;
}

/**
 * Tokens of one grid, pooled over kept cells and quantised. Nothing is run where none is forced.
 * @param kept [H, W] of the latent's grid, 1 = kept.
 */
export async function givenTokens(
  networks: Networks,
  latent: Latent,
  kept: Uint8Array,
  grid: Grid,
  keptShare: number,
): Promise<GivenScale> {
  const { runtime } = networks;
  const pooled = poolKept(latent.data, kept, latent.grid, grid, keptShare);
  const { forced } = pooled;
  if (!forced.includes(1)) return { tokens: new Int32Array(gridTokens(grid)), forced };
  const { tokens } = await (await networks.quantise()).run({
    latent: runtime.floats(pooled.latent, [1, grid[0], grid[1], pooled.latent.length / gridTokens(grid)]),
    ...resizeFeeds(runtime, areaMatrix, grid, grid),
  });
  return { tokens: Int32Array.from(tokens!.data as BigInt64Array, Number), forced };
}

export interface ForcingRule {
  readonly factor: number;
  readonly widen: number;
  readonly keptShare: number;
  /** Scales from the first on whose tokens are all taken from the picture, hole included. */
  readonly guided: number;
}

/** What a view forces at every grid. The hole's pixels are read by guided scales only, and must be filled before otherwise. */
export async function givenByView(
  networks: Networks,
  { picture, hole }: View,
  grids: readonly Grid[],
  { factor, widen, keptShare, guided }: ForcingRule,
): Promise<GivenScale[]> {
  const finest: Grid = [picture.height / factor, picture.width / factor];
  const kept = keptCells(hole, finest, factor, widen);
  if (guided === 0 && !kept.includes(1))
    return grids.map((grid) => ({
      tokens: new Int32Array(gridTokens(grid)),
      forced: new Uint8Array(gridTokens(grid)),
    }));
  const latent = await encodeOne(networks, picture, factor);
  const all = new Uint8Array(kept.length).fill(1);
  const given: GivenScale[] = [];
  for (const [index, grid] of grids.entries())
    given.push(await givenTokens(networks, latent, index < guided ? all : kept, grid, keptShare));
  return given;
}
