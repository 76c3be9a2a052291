/**
 * Pictures for a reader who sees no labels: one picture each of some of a model's classes, chosen by seed, at its defaults, numbered, with the list of groups
 * to choose among; the key apart. `--real DATA` shows held-out drawings instead.
 *
 *   npm run build && node recipes/blind-naming.mjs [MODEL] [--count 40] [--seed 0] [--out runs/blind] [--real runs/emoji-data/emoji.npz]
 *                                                  [-- sampling flags of `flexvar generate`]
 *
 * Writes OUT/sheet.png, OUT/groups.txt, OUT/key.json. Marks: 0 blob, 1 one can guess, 2 recognisable but flawed, 3 one would use it.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { FlexVAR, imageStream } from "../dist/index.js";
import { readFlags } from "./lib/flags.mjs";
import { finished, openArchive } from "./lib/pictures.mjs";

const { values, positionals } = readFlags(
  { count: "40", seed: "0", out: "runs/blind", real: undefined, options: "{}", threads: "1" },
  { allowPositionals: true },
);
const model = positionals[0] ?? "models/emoji";
const [count, seed] = [Number(values.count), Number(values.seed)];
const { id2label, groups = {} } = JSON.parse(await readFile(join(model, "config.json"), "utf8"));
const names = Object.values(id2label);
const chosen = imageStream(seed, 0, 0).shuffle([...names]);

/** Pictures, each with its name. */
const pictures = values.real === undefined ? await drawn() : await heldOut(values.real);

async function drawn() {
  const pipe = await FlexVAR.fromPretrained(model, { threads: Number(values.threads) });
  const options = { classLabels: chosen.slice(0, count), seed, ...JSON.parse(values.options) };
  const end = await finished(pipe.generate(options));
  await pipe.dispose();
  return end.images.map((image, i) => ({ ...image, name: end.pictures[i].label }));
}

async function heldOut(path) {
  const archive = await openArchive(path);
  const some = imageStream(seed, 0, 0).shuffle(archive.heldOut).slice(0, count);
  return some.map((i) => ({ ...archive.picture(i), name: names[archive.label(i)] }));
}

const ZOOM = 160;
const HEAD = 26;
const GAP = 8;
const COLUMNS = 8;
const place = (i) => ({
  left: GAP + (i % COLUMNS) * (ZOOM + GAP),
  top: GAP + Math.floor(i / COLUMNS) * (ZOOM + HEAD + GAP),
});
const parts = [];
for (const [i, { data, width, height }] of pictures.entries()) {
  const { left, top } = place(i);
  const input = await sharp(Buffer.from(data), { raw: { width, height, channels: 3 } })
    .resize(ZOOM, ZOOM, { kernel: "cubic" })
    .png()
    .toBuffer();
  const number = `<svg width="${ZOOM}" height="${HEAD}"><text x="4" y="20" font-family="sans-serif" font-size="20" fill="#000">${i + 1}</text></svg>`;
  parts.push({ input: Buffer.from(number), left, top }, { input, left, top: top + HEAD });
}
const rows = Math.ceil(pictures.length / COLUMNS);
const [width, height] = [COLUMNS * (ZOOM + GAP) + GAP, rows * (ZOOM + HEAD + GAP) + GAP];
await mkdir(values.out, { recursive: true });
await sharp({ create: { width, height, channels: 3, background: "#c8c8c8" } })
  .composite(parts)
  .png()
  .toFile(join(values.out, "sheet.png"));
const groupOf = (name) => Object.entries(groups).find(([, members]) => members.includes(name))?.[0] ?? null;
await writeFile(join(values.out, "groups.txt"), `${Object.keys(groups).join("\n")}\n`);
const key = pictures.map(({ name }, i) => ({ number: i + 1, name, group: groupOf(name) }));
await writeFile(join(values.out, "key.json"), `${JSON.stringify(key, null, 1)}\n`);
console.log(`${pictures.length} pictures in ${join(values.out, "sheet.png")}; the key lies beside it`);
