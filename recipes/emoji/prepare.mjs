// The emoji data set: drawings of three free sets, rendered, labelled by look, split by base emoji.
//
//   npm ci --prefix recipes/emoji
//   node recipes/emoji/prepare.mjs [--out runs/emoji-data] [--size 64] [--seed 0]
//
// Writes emoji.npz, classes.json, items.json, dropped.json and contact sheets. About a minute on two cores.

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeNpz } from "../lib/npz.mjs";
import { writeSheet } from "../lib/sheet.mjs";
import { assignClasses, CLASSES } from "./lib/classes.mjs";
import { analyse, readUnicode, textOf } from "./lib/emoji.mjs";
import { render } from "./lib/render.mjs";
import { select } from "./lib/select.mjs";
import { readSet, SETS } from "./lib/sets.mjs";
import { groupBy, rankOf } from "./lib/split.mjs";

/** Share of each class's base emoji that is held out. */
const HELD_OUT = 0.06;
/** The fewest base emoji a class may have. */
const FEWEST = 20;

const { values } = parseArgs({
  options: {
    out: { type: "string", default: "runs/emoji-data" },
    size: { type: "string", default: "64" },
    seed: { type: "string", default: "0" },
    supersample: { type: "string", default: "3" },
    sheets: { type: "boolean", default: true },
  },
  allowNegative: true,
});
const size = whole("--size", values.size, 8, 512);
const seed = whole("--seed", values.seed, 0, 2 ** 31);
const supersample = whole("--supersample", values.supersample, 1, 8);
const out = resolve(values.out);
const packages = join(dirname(fileURLToPath(import.meta.url)), "node_modules");

const unicode = readUnicode(packages);
const contents = SETS.map((set) => readSet(packages, set));
const { items, withoutClass, extraVariants } = select(
  contents.flatMap((set) => set.drawings),
  assignClasses(unicode),
  { share: HELD_OUT, seed },
);
const classes = CLASSES.map((row, id) => ({ id, ...row, ...countsOf(items.filter((i) => i.className === row.name)) }));
const small = classes.filter((row) => row.bases < FEWEST).map((row) => `${row.name} ${row.bases}`);
if (small.length > 0) throw new Error(`classes: expected at least ${FEWEST} base emoji each, got ${small.join(", ")}`);

mkdirSync(out, { recursive: true });
const bases = [...new Set(items.map((item) => item.base))].sort();
const idOfBase = new Map(bases.map((base, id) => [base, id]));
const idOfClass = new Map(CLASSES.map(({ name }, id) => [name, id]));
const started = performance.now();
const pictures = await renderAll(items.map((item) => item.svg));
console.error(`rendered ${items.length} pictures in ${((performance.now() - started) / 1000).toFixed(1)} s`);

await writeNpz(join(out, "emoji.npz"), {
  images: { shape: [items.length, size, size, 3], data: concat(pictures.map((p) => p.rgb)) },
  alpha: { shape: [items.length, size, size], data: concat(pictures.map((p) => p.alpha)) },
  labels: { shape: [items.length], data: BigInt64Array.from(items, (i) => BigInt(idOfClass.get(i.className) ?? -1)) },
  split: { shape: [items.length], data: Uint8Array.from(items, (i) => (i.heldOut ? 1 : 0)) },
  base: { shape: [items.length], data: BigInt64Array.from(items, (i) => BigInt(idOfBase.get(i.base) ?? -1)) },
});
writeJson("classes.json", {
  size,
  seed,
  total: countsOf(items),
  id2label: Object.fromEntries(CLASSES.map(({ name }, id) => [id, name])),
  classes,
});
writeJson(
  "items.json",
  items.map((item) => ({
    set: item.set,
    icon: item.icon,
    code: item.code,
    base: item.base,
    label: unicode.get(item.base)?.label,
    class: item.className,
    split: item.heldOut ? "held-out" : "train",
  })),
);
writeJson("dropped.json", droppedOf());
if (values.sheets) await writeSheets();
report();

/** @param {string} flag @param {string} text @param {number} least @param {number} most */
function whole(flag, text, least, most) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${flag}: expected a whole number from ${least} to ${most}, got ${text}`);
}

/** @param {readonly { base: string, heldOut: boolean }[]} list */
function countsOf(list) {
  const count = (/** @type {boolean} */ side) => {
    const of = list.filter((i) => i.heldOut === side);
    return { pictures: of.length, bases: new Set(of.map((i) => i.base)).size };
  };
  const [train, heldOut] = [count(false), count(true)];
  return { pictures: list.length, bases: train.bases + heldOut.bases, train, heldOut };
}

/** @param {readonly string[]} svgs */
async function renderAll(svgs) {
  /** @type {Awaited<ReturnType<typeof render>>[]} */
  const done = new Array(svgs.length);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < svgs.length; i = next++) done[i] = await render(svgs[i] ?? "", { size, supersample });
  };
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
  return done;
}

/** @param {readonly Uint8Array[]} parts */
function concat(parts) {
  return new Uint8Array(Buffer.concat(parts));
}

/** @param {string} name @param {unknown} value */
function writeJson(name, value) {
  writeFileSync(join(out, name), `${JSON.stringify(value, null, 1)}\n`);
}

/** What is not in the data set, and why: icons without code points, and base emoji without a class, by subgroup. */
function droppedOf() {
  const missing = withoutClass.map((drawing) => analyse(drawing.code).base);
  const subgroupOf = (/** @type {string} */ base) => unicode.get(base)?.subgroup ?? "unknown to the Unicode data";
  const groups = groupBy([...new Set(missing)], subgroupOf);
  return {
    iconsWithoutCode: contents.flatMap((set) => set.unmapped.map(({ set: name, icon }) => `${name}:${icon}`)),
    variantsBeyondTwo: extraVariants,
    basesWithoutClass: Object.fromEntries(
      [...groups].map(([name, list]) => [name, list.map((b) => `${textOf(b)} ${unicode.get(b)?.label ?? b}`)]),
    ),
  };
}

async function writeSheets() {
  const rows = CLASSES.map(({ name }) => {
    const mine = items
      .map((item, i) => ({ item, rgb: pictures[i]?.rgb }))
      .filter(({ item }) => item.className === name);
    mine.sort((a, b) => rankOf(seed, `sheet:${a.item.base}`) - rankOf(seed, `sheet:${b.item.base}`));
    return { name, mine };
  });
  const tiles = (/** @type {typeof rows[number]["mine"]} */ list) => list.flatMap(({ rgb }) => (rgb ? [rgb] : []));
  const columns = 16;
  const onePerBase = rows.map(({ name, mine }) => {
    const firsts = [...groupBy(mine, (m) => m.item.base).values()].map((group, i) => group[i % group.length]);
    return { label: name, pictures: tiles(firsts.flatMap((m) => (m ? [m] : []))) };
  });
  await writeSheet(join(out, "sheet.png"), onePerBase, { size, columns });
  const heldOut = rows.map(({ name, mine }) => ({ label: name, pictures: tiles(mine.filter((m) => m.item.heldOut)) }));
  await writeSheet(join(out, "sheet-held-out.png"), heldOut, { size, columns });
  mkdirSync(join(out, "sheets"), { recursive: true });
  for (const { name, mine } of rows) {
    const all = tiles(mine);
    const lines = Array.from({ length: Math.ceil(all.length / columns) }, (_, y) => ({
      label: y === 0 ? name : "",
      pictures: all.slice(y * columns, (y + 1) * columns),
    }));
    await writeSheet(join(out, "sheets", `${name}.png`), lines, { size, columns });
  }
}

function report() {
  const line = (/** @type {{ name: string } & ReturnType<typeof countsOf>} */ c) =>
    `${c.name.padEnd(20)} ${String(c.bases).padStart(5)} ${String(c.pictures).padStart(8)} ${String(c.heldOut.bases).padStart(9)} ${String(c.heldOut.pictures).padStart(8)}`;
  console.error("class                bases pictures held-out pictures");
  for (const row of classes) console.error(line(row));
  console.error(line({ name: "total", ...countsOf(items) }));
  for (const [i, set] of contents.entries()) {
    const name = SETS[i]?.name;
    const kept = items.filter((item) => item.set === name).length;
    console.error(
      `${name}: ${kept} of ${set.drawings.length} drawings kept, ${set.unmapped.length} icons without code`,
    );
  }
  const classless = new Set(withoutClass.map((drawing) => analyse(drawing.code).base)).size;
  console.error(
    `${extraVariants} variants beyond two left out; ${classless} base emoji (country flags too) have no class`,
  );
  console.error(`written to ${values.out}; dropped.json lists what was left out`);
}
