// In-painting, out-painting and expanding beside the fills they must beat.
import { fillHole } from "../../dist/index.js";
import { boxAround, centralHole, crop, frameHole, randomHole } from "./masks.mjs";
import { holePsnr, seamRatio } from "./measure.mjs";
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
    const run = (more) => lastOf(start(pipe, section.task, picture, hole, { ...options, ...more }));
    if (methods.includes("best")) {
      const { pictures, images: variants } = await run({ count: VARIANTS, bestOf: VARIANTS, batchSize: VARIANTS });
      made.best = variants[0];
      made.sample = variants[pictures.findIndex(({ indexWithinClass }) => indexWithinClass === 0)];
    } else if (methods.includes("sample")) made.sample = (await run({})).images[0];
    if (methods.includes("greedy")) made.greedy = (await run({ topK: 1 })).images[0];
    if (methods.includes("codes")) made.codes = (await run({ strength: 0 })).images[0];
    return Object.fromEntries(names.map((name) => [name, opaque(made[name])]));
  });
  return { images, hole };
}

/** Pictures and variants of a task's last event. */
async function lastOf(events) {
  let end;
  for await (const event of events) if (event.isLast) end = { pictures: event.pictures, images: await event.images() };
  return end;
}

/** RGB of RGB or RGBA. */
const opaque = ({ data, width, height }) =>
  data.length === 3 * width * height
    ? { data, width, height }
    : { data: data.filter((_, i) => i % 4 !== 3), width, height };

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
  return pipe.outpaint({
    ...options,
    image: crop(picture, part),
    left: margin,
    right: margin,
    top: margin,
    bottom: margin,
  });
}

/** Numbers of a section, one row a method; the bars that it must hold. */
export async function measureHoles(measure, results) {
  const holes = results.map(({ hole }) => hole);
  const side = results[0].images.truth.width;
  const cut = (name) => results.map(({ images, hole }) => crop(images[name], boxAround(hole, side)));
  const truths = results.map(({ images }) => images.truth);
  const real = await measure.features(cut("truth"));
  const rows = {};
  for (const name of Object.keys(results[0].images).filter((name) => name !== "truth")) {
    const pictures = results.map(({ images }) => images[name]);
    const own = await measure.features(cut(name));
    const decibels = pictures.map((picture, i) => holePsnr(picture, truths[i], holes[i]));
    rows[name] = {
      frechet: await measure.frechet(own, real),
      feature_l2: measure.meanL2(own, real),
      psnr: decibels.reduce((a, b) => a + b, 0) / decibels.length,
      seam: seamRatio(pictures, truths, holes),
    };
  }
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
