// node recipes/emoji/canvas.mjs FOLDER WxH --out FOLDER [--stretch]: after npm run build. The drawings of a data folder as pictures of another
// ratio: in the middle of a larger white canvas, as one draws an emoji on a page that is not square, or stretched over it.
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { resizeRgb } from "../../dist/index.js";
import { readFlags } from "../lib/flags.mjs";
import { writeNpz } from "../lib/npz.mjs";
import { openArchive } from "../lib/pictures.mjs";

const { values, positionals } = readFlags({ out: undefined, stretch: false }, { allowPositionals: true });
const [folder, size] = positionals;
const sides = /^(\d+)x(\d+)$/.exec(size ?? "");
if (sides === null || values.out === undefined) throw new Error("canvas: expected FOLDER WxH --out FOLDER");
const [width, height] = sides.slice(1).map(Number);
const { arrays, count, width: w, height: h, picture } = await openArchive(join(folder, "emoji.npz"));
const { images, labels, split } = arrays;
if (images.shape[3] !== 3 || (!values.stretch && (width < w || height < h)))
  throw new Error(`canvas: expected a size of at least ${w}x${h} for pictures of three channels, got ${size}`);
const data = new Uint8Array(count * height * width * 3).fill(255);
for (let n = 0; n < count; n++) {
  const shown = values.stretch ? resizeRgb(picture(n), width, height) : picture(n);
  const [left, top] = [Math.floor((width - shown.width) / 2), Math.floor((height - shown.height) / 2)];
  for (let y = 0; y < shown.height; y++) {
    const row = shown.data.subarray(3 * shown.width * y, 3 * shown.width * (y + 1));
    data.set(row, 3 * (width * (n * height + top + y) + left));
  }
}
await mkdir(values.out, { recursive: true });
await writeNpz(join(values.out, "emoji.npz"), { images: { shape: [count, height, width, 3], data }, labels, split });
await copyFile(join(folder, "classes.json"), join(values.out, "classes.json"));
console.log(`${count} drawings on ${size} in ${values.out}`);
