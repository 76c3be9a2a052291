// node recipes/emoji/canvas.mjs FOLDER WxH --out FOLDER: after npm run build. The drawings of a data folder in the middle of a larger white canvas: real pictures
// of another ratio, as one draws an emoji on a page that is not square.
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readNpz } from "../../dist/index.js";
import { writeNpz } from "../lib/npz.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: "string" } } });
const [folder, size] = positionals;
const sides = /^(\d+)x(\d+)$/.exec(size ?? "");
if (sides === null || values.out === undefined) throw new Error("canvas: expected FOLDER WxH --out FOLDER");
const [width, height] = sides.slice(1).map(Number);
const { images, labels, split } = Object.fromEntries(await readNpz(join(folder, "emoji.npz")));
const [count, h, w, channels] = images.shape;
if (channels !== 3 || width < w || height < h)
  throw new Error(`canvas: expected a size of at least ${w}x${h}, got ${size}`);
const [left, top] = [Math.floor((width - w) / 2), Math.floor((height - h) / 2)];
const data = new Uint8Array(count * height * width * 3).fill(255);
for (let n = 0; n < count; n++)
  for (let y = 0; y < h; y++) {
    const row = images.data.subarray(3 * w * (n * h + y), 3 * w * (n * h + y + 1));
    data.set(row, 3 * (width * (n * height + top + y) + left));
  }
await mkdir(values.out, { recursive: true });
await writeNpz(join(values.out, "emoji.npz"), { images: { shape: [count, height, width, 3], data }, labels, split });
await copyFile(join(folder, "classes.json"), join(values.out, "classes.json"));
console.log(`${count} drawings on ${size} in ${values.out}`);
