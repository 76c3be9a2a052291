// Refining pictures to twice their side, beside bicubic and Lanczos enlargement.
import sharp from "sharp";
import { resizeRgb } from "../../dist/index.js";
import { finished } from "../lib/pictures.mjs";
import { stored } from "./store.mjs";

const NAMES = ["truth", "refine", "greedy", "bicubic", "lanczos", "nearest"];

/** The results for one picture: `small` drawn at the size of `truth`. */
export async function refinePicture(pipe, { small, truth, label, number, seed, folder }) {
  const images = await stored(folder, number, NAMES, async () => {
    const size = [truth.width, truth.height];
    const options = { image: small, size, classLabels: [label], seed: seed * 100_003 + number };
    return {
      truth,
      refine: await last(pipe.refine(options)),
      greedy: await last(pipe.refine({ ...options, topK: 1 })),
      bicubic: resizeRgb(small, ...size),
      lanczos: await enlarged(small, size, "lanczos3"),
      nearest: await enlarged(small, size, "nearest"),
    };
  });
  return { images, hole: new Uint8Array(truth.width * truth.height).fill(1) };
}

const last = async (events) => (await finished(events)).images[0];

async function enlarged({ data, width, height }, [toWidth, toHeight], kernel) {
  const out = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(toWidth, toHeight, { kernel, fit: "fill" })
    .raw()
    .toBuffer();
  return { data: new Uint8Array(out), width: toWidth, height: toHeight };
}

export async function measureRefine(measure, results) {
  const rows = await measure.methodRows(results, results[0].images.truth.width);
  const bars = {
    "Fréchet distance below bicubic's and Lanczos's":
      rows.refine.frechet < Math.min(rows.bicubic.frechet, rows.lanczos.frechet),
    "feature distance below bicubic's and Lanczos's":
      rows.refine.feature_l2 < Math.min(rows.bicubic.feature_l2, rows.lanczos.feature_l2),
  };
  return { rows, bars };
}
