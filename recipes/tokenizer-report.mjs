// node recipes/tokenizer-report.mjs MODEL DATA.npz: what a tokenizer keeps of every held-out picture, per grid.
//
// PSNR in dB is 10·log10(4 / mean squared difference) on [-1, 1], the mean over pictures, against the picture resized
// (area) to the decoded size. Where the archive has styles, each style's own mean at the largest grid. "Inside" weighs pixels with the drawing's own opacity where the archive has `alpha`.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { areaMatrix, defaultSizes, FlexVAR, resizeSeparable, rgbToPlanar } from "../dist/index.js";
import { refuse } from "./lib/flags.mjs";
import { markdownTable, mean } from "./lib/numbers.mjs";
import { openArchive } from "./lib/pictures.mjs";

const [model, archive] = process.argv.slice(2);
if (archive === undefined) refuse("tokenizer-report: expected MODEL DATA.npz");
const { arrays, width: W, height: H, heldOut, ...pictures } = await openArchive(archive);
const { alpha, styles } = arrays;

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
  const picture = rgbToPlanar([pictures.picture(at)]);
  const opacity = alpha && Float32Array.from(alpha.data.subarray(at * H * W, (at + 1) * H * W), (value) => value / 255);
  const grids = sides.map((side) => [side, side]);
  for (const encoded of await pipe.encode(picture, grids)) {
    const decoded = await pipe.decode(encoded);
    const scale = scales.get(encoded.grid[0]);
    const size = [decoded.height, decoded.width];
    const target = areaResize(picture.data, [H, W], size);
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

const shown = (values) => (values.length === 0 ? "–" : mean(values).toFixed(2));
console.log(`${heldOut.length} held-out pictures of ${W}x${H}; ${usedOverall.size} codes used over all grids\n`);
const rows = [...scales].map(([side, { whole, inside, used }]) => [side, shown(whole), shown(inside), used.size]);
console.log(markdownTable(["grid", "PSNR whole, dB", "PSNR inside, dB", "codes used"], rows));
if (byStyle.size > 0) {
  const head = ["style", "held out", `PSNR whole at ${sides.at(-1)}, dB`];
  const ordered = [...byStyle].sort((a, b) => a[0] - b[0]);
  const lines = ordered.map(([style, values]) => [names[style] ?? style, values.length, shown(values)]);
  console.log(`\n${markdownTable(head, lines)}`);
}
