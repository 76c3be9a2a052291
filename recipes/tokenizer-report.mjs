// node recipes/tokenizer-report.mjs MODEL DATA.npz: what a tokenizer keeps of every held-out picture, per grid.
//
// PSNR in dB is 10·log10(4 / mean squared difference) on [-1, 1], the mean over pictures, against the picture resized
// (area) to the decoded size. Where the archive has styles, each style's own mean at the largest grid. "Inside" weighs pixels with the drawing's own opacity where the archive has `alpha`.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { areaMatrix, defaultSizes, FlexVAR, readNpz, resizeSeparable } from "../dist/index.js";

const [model, archive] = process.argv.slice(2);
if (archive === undefined) {
  console.error("tokenizer-report: expected MODEL DATA.npz");
  process.exit(2);
}
const { images, split, alpha, styles } = Object.fromEntries(await readNpz(archive));
const [count, H, W, channels] = images.shape;
const heldOut = Array.from({ length: count }, (_, i) => i).filter((i) => split.data[i] !== 0);

/** Picture `at` as planes [3, H, W] in [-1, 1]. */
function planes(at) {
  const out = new Float32Array(3 * H * W);
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < H * W; i++)
      out[c * H * W + i] = images.data[(at * H * W + i) * channels + (channels === 3 ? c : 0)] / 127.5 - 1;
  return out;
}

const areaResize = (x, [h, w], [h2, w2]) => resizeSeparable(x, areaMatrix(h, h2), areaMatrix(w, w2));

/** Weighted PSNR of planes [3, n]; undefined where the weights are all 0. */
function psnr(decoded, target, weights) {
  const n = weights.length;
  let square = 0;
  let total = 0;
  for (let i = 0; i < n; i++) {
    total += 3 * weights[i];
    for (let c = 0; c < 3; c++) {
      const value = Math.min(1, Math.max(-1, decoded[c * n + i]));
      square += weights[i] * (value - target[c * n + i]) ** 2;
    }
  }
  return total === 0 ? undefined : 10 * Math.log10(4 / Math.max(square / total, 1e-10));
}

const classes = join(dirname(archive), "classes.json");
const names = existsSync(classes) ? (JSON.parse(readFileSync(classes, "utf8")).styles ?? []) : [];

const pipe = await FlexVAR.fromPretrained(model);
const sides = defaultSizes(pipe.config.trainedSide);
const scales = new Map(sides.map((side) => [side, { whole: [], inside: [], used: new Set() }]));
const usedOverall = new Set();
const byStyle = new Map();
for (const at of heldOut) {
  const picture = planes(at);
  const opacity = alpha && Float32Array.from(alpha.data.subarray(at * H * W, (at + 1) * H * W), (value) => value / 255);
  const grids = sides.map((side) => [side, side]);
  for (const encoded of await pipe.encode({ data: picture, batch: 1, height: H, width: W }, grids)) {
    const decoded = await pipe.decode(encoded);
    const scale = scales.get(encoded.grid[0]);
    const size = [decoded.height, decoded.width];
    const target = areaResize(picture, [H, W], size);
    scale.whole.push(psnr(decoded.data, target, new Float32Array(size[0] * size[1]).fill(1)));
    if (styles !== undefined && encoded.grid[0] === sides.at(-1)) {
      const style = Number(styles.data[at]);
      byStyle.set(style, [...(byStyle.get(style) ?? []), scale.whole.at(-1)]);
    }
    const inside = opacity && psnr(decoded.data, target, areaResize(opacity, [H, W], size));
    if (inside !== undefined) scale.inside.push(inside);
    for (const token of encoded.tokens) {
      scale.used.add(token);
      usedOverall.add(token);
    }
  }
}
await pipe.dispose();

const mean = (values) => (values.length === 0 ? "–" : (values.reduce((a, b) => a + b, 0) / values.length).toFixed(2));
console.log(`${heldOut.length} held-out pictures of ${W}x${H}; ${usedOverall.size} codes used over all grids\n`);
console.log("| grid | PSNR whole, dB | PSNR inside, dB | codes used |\n|---|---|---|---|");
for (const [side, { whole, inside, used }] of scales)
  console.log(`| ${side} | ${mean(whole)} | ${mean(inside)} | ${used.size} |`);
if (byStyle.size > 0) {
  console.log(`\n| style | held out | PSNR whole at ${sides.at(-1)}, dB |\n|---|---|---|`);
  for (const [style, values] of [...byStyle].sort((a, b) => a[0] - b[0]))
    console.log(`| ${names[style] ?? style} | ${values.length} | ${mean(values)} |`);
}
