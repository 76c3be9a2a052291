// node recipes/shapes-sheet.mjs MODEL [--class A,B,…] [--seed 1] [--threads 1] [--out docs/images/shapes.png]
//
// One sheet of free generation: six ratios from 1:4 to 4:1 from left to right, four sizes from top to bottom, of half, one, two
// and three times the trained side squared in area. Beyond twice the trained side it is drawn in windows. Classes go round.
import { writeFile } from "node:fs/promises";
import sharp from "sharp";
import { FlexVAR } from "../dist/index.js";
import { readFlags, refuse } from "./lib/flags.mjs";
import { finished } from "./lib/pictures.mjs";

const { values: flags, positionals } = readFlags(
  { class: "0", seed: "1", threads: "1", out: "docs/images/shapes.png" },
  { allowPositionals: true },
);
const [model] = positionals;
if (model === undefined) refuse("shapes-sheet: expected MODEL");

const RATIOS = [1 / 4, 1 / 2, 1, 3 / 2, 2, 4];
const SIZES = [1 / 2, 1, 2, 3];
const MARGIN = 8;
const MOST_BYTES = 600_000;

const pipe = await FlexVAR.fromPretrained(model, { threads: Number(flags.threads) });
const trained = pipe.config.trainedSide * pipe.factor;
const classes = flags.class.split(",").map((name) => (/^\d+$/.test(name) ? Number(name) : name));
const rows = [];
for (const [row, times] of SIZES.entries()) {
  rows.push([]);
  for (const [column, ratio] of RATIOS.entries()) {
    const side = times * trained;
    const size = [Math.round(side * Math.sqrt(ratio)), Math.round(side / Math.sqrt(ratio))];
    const options = { classLabels: [classes[column % classes.length]], size, seed: Number(flags.seed) + row };
    rows.at(-1).push(...(await finished(pipe.generateLarge(options))).images);
    console.error(`${size[0]}x${size[1]}`);
  }
}
await pipe.dispose();

/** Columns as wide and rows as high as their largest picture; pictures in the middle. */
const widths = RATIOS.map((_, column) => Math.max(...rows.map((row) => row[column].width)));
const heights = rows.map((row) => Math.max(...row.map(({ height }) => height)));
const before = (sides, at) => sides.slice(0, at).reduce((sum, side) => sum + side + MARGIN, MARGIN);
const pictures = rows.flatMap((row, y) =>
  row.map(({ data, width, height }, x) => ({
    input: Buffer.from(data),
    raw: { width, height, channels: 3 },
    left: before(widths, x) + Math.floor((widths[x] - width) / 2),
    top: before(heights, y) + Math.floor((heights[y] - height) / 2),
  })),
);
const sheet = sharp({
  create: {
    width: before(widths, widths.length),
    height: before(heights, heights.length),
    channels: 3,
    background: { r: 226, g: 230, b: 236 },
  },
}).composite(pictures);
const exact = await sheet.png({ compressionLevel: 9 }).toBuffer();
const written = exact.length <= MOST_BYTES ? exact : await sharp(exact).png({ palette: true, effort: 10 }).toBuffer();
await writeFile(flags.out, written);
console.log(`wrote ${flags.out}: ${Math.round(written.length / 1000)} kB`);
