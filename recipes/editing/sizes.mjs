// Free generation at several sizes against real renderings of each, the plain way and in windows.
import { planarToRgb } from "../../dist/index.js";
import { stored } from "./store.mjs";

/** One picture of a class drawn at a size, both ways. */
export async function drawSize(pipe, { truth, label, number, seed, folder }) {
  const size = [truth.width, truth.height];
  const options = { classLabels: [label], size, seed: seed * 100_003 + number };
  const images = await stored(folder, number, ["truth", "plain", "windows"], async () => {
    const made = { truth };
    for await (const event of pipe.generate(options)) if (event.isLast) made.plain = planarToRgb(await event.image());
    for await (const event of pipe.generateLarge(options)) {
      if (!event.isLast) continue;
      const [{ data, width, height }] = await event.images();
      made.windows = { data: data.filter((_, i) => i % 4 !== 3), width, height };
    }
    return made;
  });
  return { images };
}

export async function measureSizes(measure, results) {
  const side = results[0].images.truth.width;
  const real = await measure.features(
    results.map(({ images }) => images.truth),
    side,
  );
  const rows = {};
  for (const name of ["plain", "windows"]) {
    const pictures = results.map(({ images }) => images[name]);
    rows[name] = { side, frechet: await measure.frechet(await measure.features(pictures, side), real) };
  }
  return { rows, bars: {} };
}
