// node studio/make-examples.mjs MODEL: draws one picture a class and tiles them for the studio's class picker.
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const COLUMNS = 8;
const TILE = 64;
const PER_CLASS = 1;
const SEED = "11";

const [model, cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url))] = process.argv.slice(2);
if (model === undefined) throw new Error("usage: node studio/make-examples.mjs MODEL_FOLDER");
const { id2label } = JSON.parse(await readFile(join(model, "config.json"), "utf8"));
const labels = Object.values(id2label);
const scratch = await mkdtemp(join(tmpdir(), "flexvar-examples-"));
try {
  const ids = labels.map((_, id) => id).join(",");
  const flags = [
    "generate",
    "--model",
    model,
    "--class",
    ids,
    "--count",
    `${PER_CLASS}`,
    "--seed",
    SEED,
    "--out",
    scratch,
  ];
  execFileSync(process.execPath, [cli, ...flags, "--threads", "1"], { stdio: "inherit" });
  const pictures = (await readdir(scratch)).filter((file) => file.endsWith(".png")).sort();
  const rows = Math.ceil(labels.length / COLUMNS);
  const tiles = await Promise.all(
    pictures.map(async (file, i) => ({
      input: await sharp(join(scratch, file)).resize(TILE, TILE).png().toBuffer(),
      left: (i % COLUMNS) * TILE,
      top: Math.floor(i / COLUMNS) * TILE,
    })),
  );
  const out = fileURLToPath(new URL("public/examples/", import.meta.url));
  await mkdir(out, { recursive: true });
  const name = basename(resolve(model));
  await sharp({ create: { width: COLUMNS * TILE, height: rows * TILE, channels: 3, background: "#fff" } })
    .composite(tiles)
    .webp({ quality: 82 })
    .toFile(join(out, `${name}.webp`));
  await writeFile(join(out, `${name}.json`), `${JSON.stringify({ columns: COLUMNS, rows, labels }, null, 2)}\n`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
