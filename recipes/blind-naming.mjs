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
import { parseArgs } from "node:util";
import sharp from "sharp";
import { FlexVAR, imageStream, planarToRgb, readNpz } from "../dist/index.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "40" },
    seed: { type: "string", default: "0" },
    out: { type: "string", default: "runs/blind" },
    real: { type: "string" },
    options: { type: "string", default: "{}" },
    threads: { type: "string", default: "1" },
  },
});
const model = positionals[0] ?? "models/emoji";
const [count, seed] = [Number(values.count), Number(values.seed)];
const { id2label, groups = {} } = JSON.parse(await readFile(join(model, "config.json"), "utf8"));
const names = Object.values(id2label);
const chosen = imageStream(seed, 0, 0).shuffle([...names]);

/** Pictures as [name, RGB pixels, side]. */
const pictures = values.real === undefined ? await drawn() : await heldOut(values.real);

async function drawn() {
  const pipe = await FlexVAR.fromPretrained(model, { threads: Number(values.threads) });
  const made = [];
  const options = { classLabels: chosen.slice(0, count), seed, ...JSON.parse(values.options) };
  for await (const event of pipe.generate(options)) {
    if (!event.isLast) continue;
    const planes = await event.image();
    event.pictures.forEach(({ label }, b) => {
      const { data, width } = planarToRgb(planes, b);
      made.push([label, data, width]);
    });
  }
  await pipe.dispose();
  return made;
}

async function heldOut(archive) {
  const { images, labels, split } = Object.fromEntries(await readNpz(archive));
  const [total, side, , channels] = images.shape;
  const size = side * side * channels;
  const held = Array.from({ length: total }, (_, i) => i).filter((i) => split.data[i] !== 0);
  return imageStream(seed, 0, 0)
    .shuffle(held)
    .slice(0, count)
    .map((i) => [names[Number(labels.data[i])], images.data.slice(i * size, (i + 1) * size), side]);
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
for (const [i, [, data, side]] of pictures.entries()) {
  const { left, top } = place(i);
  const channels = 3;
  const input = await sharp(Buffer.from(data), { raw: { width: side, height: side, channels } })
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
const key = pictures.map(([name], i) => ({ number: i + 1, name, group: groupOf(name) }));
await writeFile(join(values.out, "key.json"), `${JSON.stringify(key, null, 1)}\n`);
console.log(`${pictures.length} pictures in ${join(values.out, "sheet.png")}; the key lies beside it`);
