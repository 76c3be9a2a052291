// Numbers of sets of pictures: distances of judge features, PSNR inside holes, jumps across seams.
import { doubleProducts, frechetDistance, momentsOf, openFeatures, resizeRgb, seamJump } from "../../dist/index.js";
import { mean } from "../lib/numbers.mjs";
import { crop } from "./masks.mjs";

/** Opens a judge; pictures go through it at `side` pixels by default, one size for all that are compared. */
export async function openMeasure(judge, runtime, side) {
  const source = await openFeatures(judge, runtime);
  const product = await doubleProducts(1);

  /** Rows [n, dim] of pictures, brought to `at` pixels (bicubic up, area down). */
  async function features(pictures, at = side) {
    const rows = new Float64Array(pictures.length * source.dim);
    for (const [i, picture] of pictures.entries()) {
      const { data } = resizeRgb(picture, at, at);
      rows.set((await source.extract({ data, count: 1, width: at, height: at })).features, i * source.dim);
    }
    return rows;
  }

  /** Fréchet distance of two sets of rows. */
  const frechet = async (a, b) =>
    frechetDistance(await momentsOf(a, source.dim, product), await momentsOf(b, source.dim, product), product);

  /** Mean distance of every picture's features from those of its truth. */
  function meanL2(a, b) {
    const n = a.length / source.dim;
    let total = 0;
    for (let row = 0; row < n; row++) {
      let sum = 0;
      for (let j = row * source.dim; j < (row + 1) * source.dim; j++) sum += (a[j] - b[j]) ** 2;
      total += Math.sqrt(sum) / n;
    }
    return total;
  }

  /**
   * Numbers of every method, by its name. Features are of what lies in a result's `box`, or of the whole picture.
   * @param results `{ images by name, hole, box }` of every picture
   */
  async function methodRows(results, at = side) {
    const shown = (name) => results.map(({ images, box }) => (box ? crop(images[name], box) : images[name]));
    const real = await features(shown("truth"), at);
    const rows = {};
    for (const name of Object.keys(results[0].images).filter((name) => name !== "truth")) {
      const own = await features(shown(name), at);
      rows[name] = {
        frechet: await frechet(own, real),
        feature_l2: meanL2(own, real),
        psnr: mean(results.map(({ images, hole }) => holePsnr(images[name], images.truth, hole))),
      };
    }
    return rows;
  }
  const { name, hash } = source;
  return { name, hash, features, frechet, methodRows, close: () => source.close() };
}

/** PSNR in dB over a hole's pixels; at most 99. */
function holePsnr(a, b, hole) {
  let [sum, count] = [0, 0];
  for (let i = 0; i < hole.length; i++) {
    if (hole[i] === 0) continue;
    count += 3;
    for (let c = 0; c < 3; c++) sum += (a.data[3 * i + c] - b.data[3 * i + c]) ** 2;
  }
  return Math.min(99, 10 * Math.log10(255 ** 2 / Math.max(sum / count, 1e-9)));
}

/** Jumps across the seams of a method's pictures, relative to those of the true pictures at the same places: a quotient of means. */
export function seamRatio(results, name) {
  const jumps = (name) => mean(results.map(({ images, hole }) => seamJump(images[name], hole)));
  return jumps(name) / jumps("truth");
}
