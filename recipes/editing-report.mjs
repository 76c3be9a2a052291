// node recipes/editing-report.mjs MODEL JUDGE DATA.npz [--real BIGGER.npz]… [--pictures 64] [--seed 1] [--out runs/editing-report]
//   [--only SECTION,…] [--minutes M] [--threads N] [--edit OPTION=VALUE,…] [--methods sample,greedy,best,codes]
//
// How well a model edits the held-out pictures of a data set. Every number is of the composite that users get. Fréchet distance:
// of the judge's features of the part around the hole (its box and an eighth of the side around it; whole pictures elsewhere),
// against the same part of the true pictures, brought to the trained side (whole pictures at their own). Feature distance: mean distance of a picture's features
// from its own truth's. Seam: jump across the hole's edge relative to that of the true picture at the same place. PSNR: inside the hole.
//
// --real: the same pictures rendered larger (recipes/emoji/prepare.mjs --size 128), in the same order: truths of `refine` and
// `size-N`. --edit: other editing options, as in keptShare=0.25,seam=16. Results are kept as strips under --out, by model: a run that was stopped, or one with more pictures, goes on.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FlexVAR, resizeRgb } from "../dist/index.js";
import { measureCost } from "./editing/cost.mjs";
import { holeSections, measureHoles, OURS, paintHoles } from "./editing/holes.mjs";
import { stream } from "./editing/masks.mjs";
import { openMeasure } from "./editing/measure.mjs";
import { measureRefine, refinePicture } from "./editing/refine.mjs";
import { drawSize, measureSizes } from "./editing/sizes.mjs";
import { readFlags, refuse } from "./lib/flags.mjs";
import { markdownTable } from "./lib/numbers.mjs";
import { openArchive } from "./lib/pictures.mjs";

const { values: flags, positionals } = readFlags(
  {
    ...{ real: [], pictures: "64", seed: "1", out: "runs/editing-report", only: undefined },
    ...{ minutes: "1000000", threads: "1", edit: "", methods: OURS.join(",") },
  },
  { allowPositionals: true },
);
const [model, judge, archive] = positionals;
if (archive === undefined) refuse("editing-report: expected MODEL JUDGE DATA.npz");
const seed = Number(flags.seed);

const DIGITS = { frechet: 3, feature_l2: 3, psnr: 2, seam: 2, cpu_ms: 2, side: 0, roughness: 2 };
const HEADINGS = {
  frechet: "Fréchet distance",
  feature_l2: "feature distance to the truth",
  psnr: "PSNR, dB",
  seam: "seam, × real",
  cpu_ms: "processor ms",
  side: "side, px",
  patch_frechet: "the same of 64 px patches",
  roughness: "roughness, × real",
};

/** Held-out picture numbers, shuffled by the seed: the first N of them are the first N of any larger N. */
function chosen({ heldOut }) {
  const random = stream("pictures", seed);
  const ranked = heldOut.map((i) => [random(), i]).sort(([a], [b]) => a - b);
  return ranked.map(([, i]) => i).slice(0, Number(flags.pictures));
}

/** A name for what decides results: the model's files and the archives. */
async function hashOf(folder, archives) {
  const hash = createHash("sha256");
  const files = (await readdir(folder)).filter((name) => /json|safetensors$/.test(name)).sort();
  for (const path of [...files.map((name) => join(folder, name)), ...archives]) hash.update(await readFile(path));
  return hash.digest("hex").slice(0, 12);
}

const data = await openArchive(archive);
const larger = await Promise.all(flags.real.map(openArchive));
const pipe = await FlexVAR.fromPretrained(model, { threads: Number(flags.threads) });
const trained = pipe.config.trainedSide * pipe.factor;
const measure = await openMeasure(judge, pipe.runtime, trained);
const given = [flags.edit, flags.methods === OURS.join(",") ? "" : flags.methods].filter(Boolean).join("-");
const work = join(flags.out, `${await hashOf(model, [archive])}-seed${seed}${given === "" ? "" : `-${given}`}`);
const methods = flags.methods.split(",");
const edit = Object.fromEntries(
  flags.edit
    .split(",")
    .filter(Boolean)
    .map((text) => text.split("="))
    .map(([name, value]) => [name, Number.isNaN(Number(value)) ? value : Number(value)]),
);
const numbers = chosen(data);

/** Sections: how one picture is painted, given its label, number, seed and folder, and how all are measured. */
const sections = new Map();
for (const [name, section] of Object.entries(holeSections))
  sections.set(name, {
    title: section.title,
    paint: (i, given) => paintHoles(pipe, section, { picture: data.picture(i), methods, edit, ...given }),
    measured: measureHoles,
  });
const side = data.width;
const twice = larger.find(({ width }) => width === 2 * side);
sections.set("refine", {
  title: twice ? `Refine ${side} to ${twice.width}` : `Refine ${side / 2} (reduced) to ${side}`,
  paint: (i, given) => {
    const truth = (twice ?? data).picture(i);
    const small = twice ? data.picture(i) : resizeRgb(truth, side / 2, side / 2);
    return refinePicture(pipe, { small, truth, ...given });
  },
  measured: measureRefine,
});
for (const { width, picture } of [data, ...larger])
  sections.set(`size-${width}`, {
    title: `Free generation at ${width} px`,
    paint: (i, given) => drawSize(pipe, { truth: picture(i), ...given }),
    measured: measureSizes,
  });

const report = {
  model: pipe.config.model_type,
  model_path: model,
  judge: measure.name,
  judge_hash: measure.hash,
  seed,
  sections: {},
};
const wanted = flags.only?.split(",") ?? [...sections.keys(), "cost"];
const until = Date.now() + 60_000 * Number(flags.minutes);
for (const name of wanted.filter((name) => name !== "cost")) {
  const { title, paint, measured } = sections.get(name) ?? {};
  if (paint === undefined) throw new Error(`--only: expected ${[...sections.keys(), "cost"].join(", ")}, got ${name}`);
  const results = [];
  for (const i of numbers) {
    if (Date.now() > until) break;
    results.push(await paint(i, { label: data.label(i), number: i, seed, folder: join(work, name) }));
  }
  if (results.length < 2) continue;
  report.sections[name] = { title, pictures: results.length, ...(await measured(measure, results)) };
  console.log(asMarkdown({ sections: { [name]: report.sections[name] } }));
}
if (wanted.includes("cost") && Date.now() <= until) {
  report.sections.cost = {
    title: `Cost at ${side} px, ${flags.threads} thread(s)`,
    ...(await measureCost(pipe, data.picture(numbers[0]), data.label(numbers[0]))),
  };
  console.log(asMarkdown({ sections: { cost: report.sections.cost } }));
}
await mkdir(work, { recursive: true });
await writeFile(join(work, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
await writeFile(join(work, "report.md"), asMarkdown(report));
console.log(`wrote ${join(work, "report.md")}`);
await measure.close();
await pipe.dispose();

/** One table a section, and which bars hold. */
function asMarkdown({ sections }) {
  return Object.values(sections)
    .map(({ title, pictures, rows, bars }) => {
      const keys = Object.keys(Object.values(rows)[0]);
      const lines = [
        `### ${title}${pictures === undefined ? "" : ` (${pictures} held-out pictures)`}`,
        "",
        markdownTable(
          ["", ...keys.map((key) => HEADINGS[key] ?? key)],
          Object.entries(rows).map(([name, row]) => [name, ...keys.map((key) => row[key].toFixed(DIGITS[key] ?? 3))]),
        ),
        "",
        ...Object.entries(bars).map(([bar, holds]) => `- ${holds ? "holds" : "FAILS"}: ${bar}`),
        "",
      ];
      return lines.join("\n");
    })
    .join("\n");
}
