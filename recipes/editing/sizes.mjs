// Free generation at several sizes against real renderings of each, the plain way and in windows.
import { mean } from "../lib/numbers.mjs";
import { finished } from "../lib/pictures.mjs";
import { crop } from "./masks.mjs";
import { stored } from "./store.mjs";

/** Side of the patches whose features are compared beside those of whole pictures. */
const PATCH = 64;

/** One picture of a class drawn at a size, both ways. */
export async function drawSize(pipe, { truth, label, number, seed, folder }) {
  const size = [truth.width, truth.height];
  const options = { classLabels: [label], size, seed: seed * 100_003 + number };
  const images = await stored(folder, number, ["truth", "plain", "windows"], async () => ({
    truth,
    plain: (await finished(pipe.generate(options))).images[0],
    windows: (await finished(pipe.generateLarge(options))).images[0],
  }));
  return { images };
}

/** Cuts pictures into squares of `side` pixels: what a judge sees of them at full detail. */
const patchesOf = (pictures, side) =>
  pictures.flatMap((picture) => {
    const starts = (full) => Array.from({ length: Math.max(1, Math.floor(full / side)) }, (_, i) => i * side);
    return starts(picture.height).flatMap((top) =>
      starts(picture.width).map((left) => crop(picture, { left, top, width: side, height: side })),
    );
  });

/** Mean absolute step between neighbours: above the real pictures' it is noise, below it blur. */
function roughness({ data, width, height }) {
  let sum = 0;
  for (let y = 1; y < height; y++)
    for (let at = 3 * (y * width + 1); at < 3 * (y + 1) * width; at++)
      sum += Math.abs(data[at] - data[at - 3]) + Math.abs(data[at] - data[at - 3 * width]);
  return sum / (width * height);
}

export async function measureSizes(measure, results) {
  const { width: side } = results[0].images.truth;
  const part = Math.min(side, PATCH);
  const of = (name) => results.map(({ images }) => images[name]);
  const real = await measure.features(of("truth"), side);
  const realParts = await measure.features(patchesOf(of("truth"), part), part);
  const rough = mean(of("truth").map(roughness));
  const rows = {};
  for (const name of ["plain", "windows"])
    rows[name] = {
      side,
      frechet: await measure.frechet(await measure.features(of(name), side), real),
      patch_frechet: await measure.frechet(await measure.features(patchesOf(of(name), part), part), realParts),
      roughness: mean(of(name).map(roughness)) / rough,
    };
  return { rows, bars: {} };
}
