// node studio/make-examples.mjs MODEL JUDGE [--of 16]: after npm run build. Draws some pictures of each class and tiles, for the studio's
// class picker, the one of each that the judge is surest of.
import { mkdir, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { contactSheet, drawSurest, FlexVAR, openFeatures } from "../dist/index.js";

const LEAST_COLUMNS = 8;
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
  const candidates = Number(values.of);
  const onDrawn = (drawn, total) => process.stderr.write(`\r${drawn} of ${total} drawn`);
  const chosen = await drawSurest(pipe, judge, { classLabels: [...pipe.labels], seed: SEED, candidates, onDrawn });
  const out = fileURLToPath(new URL("public/examples/", import.meta.url));
  await mkdir(out, { recursive: true });
  const name = basename(resolve(model));
  const columns = Math.max(LEAST_COLUMNS, Math.ceil(Math.sqrt(chosen.length)));
  const sheet = contactSheet(
    chosen.map(({ image }) => image),
    { columns, margin: 0 },
  );
  const { width, height } = sheet;
  await sharp(sheet.data, { raw: { width, height, channels: 3 } })
    .webp({ quality: 82 })
    .toFile(`${out}${name}.webp`);
  const rows = Math.ceil(chosen.length / columns);
  const facts = { columns, rows, labels: pipe.labels };
  await writeFile(`${out}${name}.json`, `${JSON.stringify(facts, null, 2)}\n`);
} finally {
  await judge.close();
  await pipe.dispose();
}
