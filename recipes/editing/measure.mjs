// Numbers of sets of pictures: distances of judge features, PSNR inside holes, jumps across seams.
import { doubleProducts, frechetDistance, momentsOf, openFeatures, resizeRgb, seamJump } from "../../dist/index.js";

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
  return {
    name: source.name,
    hash: source.hash,
    dim: source.dim,
    features,
    frechet,
    meanL2,
    close: () => source.close(),
  };
}

/** PSNR in dB over a hole's pixels; at most 99. */
export function holePsnr(a, b, hole) {
  let [sum, count] = [0, 0];
  for (let i = 0; i < hole.length; i++) {
    if (hole[i] === 0) continue;
    count += 3;
    for (let c = 0; c < 3; c++) sum += (a.data[3 * i + c] - b.data[3 * i + c]) ** 2;
  }
  return Math.min(99, 10 * Math.log10(255 ** 2 / Math.max(sum / count, 1e-9)));
}

/** Jumps across the seams of many pictures, relative to those of the true pictures at the same places: a quotient of means. */
export function seamRatio(pictures, truths, holes) {
  const mean = (images) => images.reduce((sum, image, i) => sum + seamJump(image, holes[i]), 0);
  return mean(pictures) / mean(truths);
}
