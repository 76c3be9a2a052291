// In-painting, out-painting and expanding beside the fills they must beat.
import { fillHole } from "../../dist/index.js";
import { finished } from "../lib/pictures.mjs";
import { boxAround, centralHole, crop, frameHole, randomHole } from "./masks.mjs";
import { seamRatio } from "./measure.mjs";
import { stored } from "./store.mjs";

const FILLS = ["mean", "nearest", "diffusion"];
/** `best`: the likeliest of eight; `codes`: what the tokenizer keeps of the truth, the best that any choice of codes gives. */
export const OURS = ["sample", "greedy", "best", "codes"];
const VARIANTS = 8;

/** Sections by name: the hole of a picture, and how it is painted. */
export const holeSections = {
  "inpaint-central": { title: "In-paint, central square", hole: centralHole, task: "inpaint" },
  "inpaint-random": { title: "In-paint, random holes", hole: randomHole, task: "inpaint" },
  outpaint: {
    title: "Out-paint, an eighth of the side all around",
    hole: (side) => frameHole(side, (3 * side) / 4, (3 * side) / 4),
    task: "outpaint",
  },
  expand: {
    title: "Expand 1:2 to 1:1",
    hole: (side) => frameHole(side, side / 2, side),
    task: "expand",
  },
};

/** The pictures' results by method. */
export async function paintHoles(pipe, section, { picture, label, number, seed, folder, methods, edit }) {
  const side = picture.width;
  const hole = section.hole(side, seed, number);
  const names = ["truth", ...methods, ...FILLS];
  const images = await stored(folder, number, names, async () => {
    const made = { truth: picture };
    for (const fill of FILLS) made[fill] = fillHole(picture, hole, fill);
    const options = { ...edit, classLabels: [label], seed: seed * 100_003 + number };
    const run = (more) => finished(start(pipe, section.task, picture, hole, { ...options, ...more }));
    if (methods.includes("best")) {
      const { pictures, images: variants } = await run({ count: VARIANTS, bestOf: VARIANTS, batchSize: VARIANTS });
      made.best = variants[0];
      made.sample = variants[pictures.findIndex(({ indexWithinClass }) => indexWithinClass === 0)];
    } else if (methods.includes("sample")) made.sample = (await run({})).images[0];
    if (methods.includes("greedy")) made.greedy = (await run({ topK: 1 })).images[0];
    if (methods.includes("codes")) made.codes = (await run({ strength: 0 })).images[0];
    return made;
  });
  return { images, hole, box: boxAround(hole, side) };
}

function start(pipe, task, picture, hole, options) {
  const { width: side } = picture;
  const mask = { data: hole.map((value) => 255 * value), width: side, height: side };
  // With strength below 1 what is under the mask shows: out-painting has nothing there.
  if (task === "inpaint" || options.strength !== undefined) return pipe.inpaint({ ...options, image: picture, mask });
  if (task === "expand") {
    const part = { left: side / 4, top: 0, width: side / 2, height: side };
    return pipe.expand({ ...options, image: crop(picture, part), ratio: 1 });
  }
  const margin = side / 8;
  const part = { left: margin, top: margin, width: side - 2 * margin, height: side - 2 * margin };
  const margins = { left: margin, right: margin, top: margin, bottom: margin };
  return pipe.outpaint({ ...options, image: crop(picture, part), ...margins });
}

/** Numbers of a section, one row a method; the bars that it must hold. */
export async function measureHoles(measure, results) {
  const rows = await measure.methodRows(results);
  for (const name of Object.keys(rows)) rows[name].seam = seamRatio(results, name);
  const least = (key) => Math.min(...FILLS.map((name) => rows[name][key]));
  const bars = Object.fromEntries(
    ["sample", "best"]
      .filter((name) => rows[name] !== undefined)
      .flatMap((name) => [
        [`${name}: Fréchet distance below every fill's`, rows[name].frechet < least("frechet")],
        [`${name}: feature distance below every fill's`, rows[name].feature_l2 < least("feature_l2")],
        [`${name}: seam at most 1.3 of the real one`, rows[name].seam <= 1.3],
      ]),
  );
  return { rows, bars };
}
