// Degradations of pictures by their tokens: encoded by a model's tokenizer, changed, and decoded.
import { imageStream, planarToRgb, resizeRgb, rgbToPlanar } from "../../dist/index.js";

const AT_ONCE = 16;

/** Calls `work` with some pictures and their first one's number at a time; joins what it gives. */
async function inBatches(items, work) {
  const out = [];
  for (let at = 0; at < items.length; at += AT_ONCE) out.push(...(await work(items.slice(at, at + AT_ONCE), at)));
  return out;
}

/** Tokens of every picture at one grid: Int32Array [h·w] each. */
export const encoded = (pipe, pictures, grid) =>
  inBatches(pictures, async (some) => {
    const [{ tokens }] = await pipe.encode(rgbToPlanar(some), [grid]);
    const length = grid[0] * grid[1];
    return some.map((_, i) => tokens.slice(i * length, (i + 1) * length));
  });

/** Pictures of tokens, brought to a side (bicubic) where the grid is a coarser one. */
export const decoded = (pipe, tokens, grid, side) =>
  inBatches(tokens, async (some) => {
    const joined = new Int32Array(some.length * grid[0] * grid[1]);
    for (const [i, own] of some.entries()) joined.set(own, i * own.length);
    const planes = await pipe.decode({ grid, tokens: joined });
    return some.map((_, i) => resizeRgb(planarToRgb(planes, i), side, side));
  });

/**
 * A share of the codes of every picture replaced by codes of other pictures, at places drawn by seed. Places of a smaller share
 * are among those of a larger one.
 */
export function swapped(tokens, share, seed) {
  return tokens.map((own, i) => {
    const random = imageStream(seed, i, 0);
    const int = (n) => Math.min(n - 1, Math.floor(random.uniform() * n));
    const order = Array.from(own, (_, place) => ({ place, key: random.uniform() })).sort((a, b) => a.key - b.key);
    const out = Int32Array.from(own);
    for (const { place } of order.slice(0, Math.round(share * own.length))) {
      const other = tokens[(i + 1 + int(tokens.length - 1)) % tokens.length];
      out[place] = other[int(other.length)];
    }
    return out;
  });
}

/**
 * Tokens of the last grid drawn again by the transformer at a temperature, without guidance or filters, all coarser grids kept.
 * @param classes a class of the model for each picture
 */
export async function lastGridRedrawn(pipe, pictures, classes, temperature, seed) {
  const scales = pipe.resolve({ classLabels: [0] }).plan.grids.length;
  const options = { strength: 1 / scales, temperature, guidance: 1, topK: 0, topP: 0, greedy: "none" };
  const out = [];
  for (const [i, image] of pictures.entries()) {
    const { width, height } = image;
    const mask = { data: new Uint8Array(width * height).fill(255), width, height };
    for await (const event of pipe.inpaint({ ...options, image, mask, classLabels: [classes[i]], seed: seed + i }))
      if (event.isLast) out.push(event.tokens);
  }
  return out;
}
