// node recipes/judge-degradations.mjs JUDGE DATA [--model models/emoji] [--replicates 200] [--only blur,jpeg] [--out report.json]
//
// Whether a judge sees what eyes see. Held-out pictures are degraded, each way ever more, and every distance that the judge gives is
// taken from the training pictures of the same classes. Bootstrap replicates are paired: each resamples the same pictures of every set. What
// tokens are changed by is compared with the same pictures through the tokenizer. Exits with 1 where a distance does not order a family.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bootstrapInterval, FlexVAR } from "../dist/index.js";
import {
  distanceNames,
  openDistances,
  pairedDifference,
  replicated,
  replicateRows,
} from "./degradations/distances.mjs";
import { degradedSets } from "./degradations/sets.mjs";
import { distanceTable, verdicts, verdictTable } from "./degradations/verdict.mjs";
import { readFlags, refuse } from "./lib/flags.mjs";
import { openArchive } from "./lib/pictures.mjs";

const { values: flags, positionals } = readFlags(
  { model: "models/emoji", replicates: "200", pictures: undefined, only: undefined, seed: "20", out: undefined },
  { allowPositionals: true },
);
const [judge, data] = positionals;
const [replicateCount, seed] = [Number(flags.replicates), Number(flags.seed)];
if (data === undefined || !(replicateCount >= 2) || !Number.isInteger(seed))
  refuse("judge-degradations: expected JUDGE DATA, whole numbers for --seed and --replicates (at least 2)");

const { heldOut, reference, names, groupOf } = await readPictures(data);
const some = heldOut.slice(0, flags.pictures === undefined ? undefined : Number(flags.pictures));
const pipe = await FlexVAR.fromPretrained(flags.model);
const known = new Set(pipe.labels);
const classOf = (name) => [name, groupOf.get(name)].find((one) => known.has(one)) ?? "none";
const measure = await openDistances(judge, pipe.runtime);
const referenceMoments = {};
for (const [name, level] of Object.entries(await measure.rowsOf(reference.map(({ picture }) => picture))))
  referenceMoments[name] = await measure.momentsAt(name, level);

const rows = replicateRows(some.length, replicateCount, seed);
const only = flags.only?.split(",");
const found = new Map();
const sets = [];
const pictures = some.map(({ picture }) => picture);
const options = { pipe, classes: some.map(({ label }) => classOf(names[label])), seed, only };
for await (const set of degradedSets(pictures, options)) {
  const levels = await measure.rowsOf(set.pictures);
  const own = {};
  for (const name of distanceNames)
    own[name] = await replicated(measure, name, levels[name], referenceMoments[name], rows);
  found.set(set.name, own);
  const compared = (name) => {
    const { value, again } = own[name];
    if (set.base === undefined) return { value, interval: bootstrapInterval(value, Float64Array.from(again)) };
    return { value, ...pairedDifference(own[name], found.get(set.base)[name]) };
  };
  const { family, name, base } = set;
  sets.push({ family, name, base, distances: Object.fromEntries(distanceNames.map((one) => [one, compared(one)])) });
  console.error(`${set.name}: done`);
}
await Promise.all([pipe.dispose(), measure.close()]);

const lines = verdicts(sets, distanceNames);
console.log(
  `${some.length} held-out pictures against ${reference.length} training pictures of the same classes, ${measure.name}; ` +
    `${replicateCount} paired replicates, 95 % intervals\n`,
);
console.log(`${distanceTable(sets, distanceNames)}\n\n${verdictTable(lines, distanceNames)}`);
if (flags.out !== undefined) await writeFile(flags.out, `${JSON.stringify({ sets, verdicts: lines }, null, 1)}\n`);
process.exitCode = lines.every(({ passes }) => passes) ? 0 : 1;

/** Held-out pictures, the training pictures of their classes, class names and the group of each name. */
async function readPictures(folder) {
  const archive = await openArchive(join(folder, "emoji.npz"));
  const { id2label, groups = {} } = JSON.parse(await readFile(join(folder, "classes.json"), "utf8"));
  const labelled = (i) => ({ picture: archive.picture(i), label: archive.label(i) });
  const heldOut = archive.heldOut.map(labelled);
  const classes = new Set(heldOut.map(({ label }) => label));
  const training = Array.from({ length: archive.count }, (_, i) => i).filter((i) => archive.arrays.split.data[i] === 0);
  return {
    heldOut,
    reference: training.filter((i) => classes.has(archive.label(i))).map(labelled),
    names: Object.keys(id2label).map((_, id) => id2label[id]),
    groupOf: new Map(Object.entries(groups).flatMap(([group, members]) => members.map((name) => [name, group]))),
  };
}
