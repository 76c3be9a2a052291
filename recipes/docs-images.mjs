// node recipes/docs-images.mjs [--model models/emoji] [--out docs/images] [--threads 1]
//
// Every picture of docs/generate.md and docs/edit.md, drawn with the commands that those pages show. After npm run build.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { drawSurest, FlexVAR, loadRgb, maskFromImage, openFeatures, planarToRgb } from "../dist/index.js";
import { crop } from "./editing/masks.mjs";
import { readFlags } from "./lib/flags.mjs";
import { finished } from "./lib/pictures.mjs";

const { values: flags } = readFlags({
  model: "models/emoji",
  judge: "models/judges/emoji",
  out: "docs/images",
  threads: "1",
});
const MARGIN = 6;
const FACE = { classLabels: ["grinning face"], seed: 8 };
const HEART = { classLabels: ["red heart"], seed: 3 };

await mkdir(flags.out, { recursive: true });
const pipe = await FlexVAR.fromPretrained(flags.model, { threads: Number(flags.threads) });

const scales = await drawScales(FACE);
await writeRow("scales", scales, { cell: 64 });

const face = scales.at(-1);
const hearts = await each(["64x64", "96x64", "128x64", "64x96", "96x96"], (size) => draw({ ...HEART, size }));
const [heart] = hearts;
await writeRow("sizes", hearts);
await writeRow("guidance", await each([1, 2, 4, 8], (guidance) => draw({ ...FACE, guidance })));
await writeRow("steps", await each([6, 8, 10, 13], (steps) => draw({ ...FACE, steps })));

const cats = { classLabels: ["cat face"], seed: 3, count: 4 };
const judge = await openFeatures(flags.judge, pipe.runtime);
const sure = await drawSurest(pipe, judge, { ...cats, candidates: 16 });
await judge.close();
await writeRow("best-of", [...(await finished(pipe.generate(cats))).images, ...sure.map(({ image }) => image)]);

const maskFile = await loadRgb("examples/mask.png");
const mouths = await edit("inpaint", { ...FACE, image: face, mask: maskFromImage(maskFile), seed: 1, count: 4 });
await writeRow("inpaint", [face, maskFile, ...mouths]);

await writeRow("refine", [face, ...(await edit("refine", { ...FACE, image: face, size: [128, 128] }))], { cell: 256 });

const half = crop(face, { left: 0, top: 0, width: 32, height: face.height });
const whole = await edit("outpaint", { ...FACE, image: half, right: 32, seed: 1, count: 3 });
await writeRow("outpaint", [half, ...whole]);
const middle = crop(heart, { left: 16, top: 0, width: 32, height: heart.height });
await writeRow("expand", [middle, ...(await edit("expand", { ...HEART, image: middle, ratio: 1, seed: 1, count: 3 }))]);
await pipe.dispose();

async function each(values, make) {
  const made = [];
  for (const value of values) made.push(await make(value));
  return made;
}

async function drawScales(options) {
  const pictures = [];
  for await (const step of pipe.generate(options)) pictures.push(planarToRgb(await step.image()));
  return pictures;
}

async function draw(options) {
  return (await finished(pipe.generate(options))).images[0];
}

async function edit(task, options) {
  return (await finished(pipe[task](options))).images;
}

/** Pictures side by side, centred, on grey: twice their size, or each filling a square of `cell`. */
async function writeRow(name, pictures, { cell } = {}) {
  const shown = await each(pictures, async ({ data, width, height }) => {
    const zoom = cell === undefined ? 2 : cell / Math.max(width, height);
    const size = { width: Math.round(width * zoom), height: Math.round(height * zoom) };
    const raw = { width, height, channels: data.length / (width * height) };
    return {
      ...size,
      input: await sharp(data, { raw })
        .resize({ ...size, kernel: "nearest", fit: "fill" })
        .png()
        .toBuffer(),
    };
  });
  const height = Math.max(...shown.map((one) => one.height)) + 2 * MARGIN;
  let left = MARGIN;
  const placed = shown.map((one) => {
    const place = { input: one.input, left, top: Math.floor((height - one.height) / 2) };
    left += one.width + MARGIN;
    return place;
  });
  const create = { width: left, height, channels: 3, background: { r: 226, g: 230, b: 236 } };
  const png = await sharp({ create }).composite(placed).png({ palette: true, effort: 10 }).toBuffer();
  await writeFile(join(flags.out, `${name}.png`), png);
  console.log(`wrote ${join(flags.out, `${name}.png`)}: ${Math.round(png.length / 1000)} kB`);
}
