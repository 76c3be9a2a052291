// node studio/make-examples.mjs MODEL JUDGE [--of 16]: after npm run build. Draws some pictures of each class and tiles, for the studio's
// class picker, the one of each that the judge is surest of.
import { mkdir, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { contactSheet, FlexVAR, openFeatures, planarToRgb } from "../dist/index.js";

const COLUMNS = 8;
const SEED = 11;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { of: { type: "string", default: "16" }, threads: { type: "string" } },
});
const [model, judgeFolder] = positionals;
if (judgeFolder === undefined) throw new Error("usage: node studio/make-examples.mjs MODEL_FOLDER JUDGE_FOLDER");
const pipe = await FlexVAR.fromPretrained(model, values.threads && { threads: Number(values.threads) });
const judge = await openFeatures(judgeFolder, pipe.runtime);
try {
  const chosen = [];
  for (const [id, label] of pipe.labels.entries()) {
    chosen.push(await surest(id, judge.labels.indexOf(label)));
    console.error(`${label}: ${(100 * chosen.at(-1).chance).toFixed(0)} %`);
  }
  const out = fileURLToPath(new URL("public/examples/", import.meta.url));
  await mkdir(out, { recursive: true });
  const name = basename(resolve(model));
  const sheet = contactSheet(
    chosen.map(({ picture }) => picture),
    { columns: COLUMNS, margin: 0 },
  );
  const { width, height } = sheet;
  await sharp(sheet.data, { raw: { width, height, channels: 3 } })
    .webp({ quality: 82 })
    .toFile(`${out}${name}.webp`);
  const rows = Math.ceil(chosen.length / COLUMNS);
  const facts = { columns: COLUMNS, rows, labels: pipe.labels };
  await writeFile(`${out}${name}.json`, `${JSON.stringify(facts, null, 2)}\n`);
} finally {
  await judge.close();
  await pipe.dispose();
}

/** The picture of a class that the judge gives the highest chance of being one. */
async function surest(id, judged) {
  let best = { chance: Number.NEGATIVE_INFINITY };
  for await (const step of pipe.generate({ classLabels: [id], seed: SEED, count: Number(values.of) })) {
    if (!step.isLast) continue;
    const images = await step.image();
    for (let k = 0; k < images.batch; k++) {
      const picture = planarToRgb(images, k);
      const { data, width, height } = picture;
      const { logits } = await judge.extract({ data, count: 1, height, width });
      const chance = chanceOf(logits, judged);
      if (chance > best.chance) best = { picture, chance };
    }
  }
  return best;
}

function chanceOf(logits, index) {
  const most = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
  return Math.exp(logits[index] - most) / sum;
}
