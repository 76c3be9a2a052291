// The emoji data set: drawings of seven free sets, rendered with one margin, each labelled by its own name, split by drawing.
//
//   npm ci --prefix recipes/emoji
//   node recipes/emoji/prepare.mjs [--out runs/emoji-data] [--size 64] [--seed 0]
//
// Writes emoji.npz (images, alpha, labels, styles, split), classes.json (names, styles, groups), items.json, dropped.json, contact
// sheets, and in unseen/ the same for the emoji that are held out wholly. About two minutes on two cores.

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readFlags } from "../lib/flags.mjs";
import { writeNpz } from "../lib/npz.mjs";
import { writeSheet } from "../lib/sheet.mjs";
import { assignClasses, CLASSES } from "./lib/classes.mjs";
import { readUnicode, textOf } from "./lib/emoji.mjs";
import { codesBySlug } from "./lib/names.mjs";
import { extentOf, frame, render } from "./lib/render.mjs";
import { groupBy, rankOf, select } from "./lib/select.mjs";
import { readSet, SETS } from "./lib/sets.mjs";

/** Sets that must have drawn an emoji, and from how many on one of its drawings may be held out. */
const FEWEST = 4;
const HELD_OUT_FROM = 5;
/** Share of those drawings that is held out, and emoji held out wholly. */
const HELD_OUT = 0.045;
const UNSEEN = 60;
/** Share of the canvas around every drawing, and how much a small drawing is enlarged at most. */
const FRAME = { margin: 0.045, most: 1.25 };
/** The fewest members a group may have. */
const FEWEST_IN_GROUP = 12;

const { values } = readFlags(
  { out: "runs/emoji-data", size: "64", seed: "0", supersample: "3", sheets: true },
  { allowNegative: true },
);
const size = whole("--size", values.size, 8, 512);
const seed = whole("--seed", values.seed, 0, 2 ** 31);
const supersample = whole("--supersample", values.supersample, 1, 8);
const out = resolve(values.out);
const packages = join(dirname(fileURLToPath(import.meta.url)), "node_modules");

const unicode = readUnicode(packages);
const slugs = codesBySlug(unicode);
const contents = SETS.map((set) => readSet(packages, set, slugs));
const { items, tooFew, variants } = select(
  contents.flatMap((set) => set.drawings),
  unicode,
  { fewest: FEWEST, heldOutFrom: HELD_OUT_FROM, share: HELD_OUT, unseen: UNSEEN, seed },
);
const started = performance.now();
const pictures = await renderAll(items.map((item) => item.svg));
console.error(`rendered ${items.length} pictures in ${((performance.now() - started) / 1000).toFixed(1)} s`);
const rows = items.map((item, i) => ({ ...item, ...pictures[i] }));
const groupOfBase = assignClasses(unicode);

await writeSide(
  out,
  rows.filter((row) => row.side !== "unseen"),
);
await writeSide(
  join(out, "unseen"),
  rows.filter((row) => row.side === "unseen"),
);
writeJson(join(out, "dropped.json"), droppedOf());
report();

/** @typedef {typeof rows[number]} Row */

/** @param {string} flag @param {string} text @param {number} least @param {number} most */
function whole(flag, text, least, most) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${flag}: expected a whole number from ${least} to ${most}, got ${text}`);
}

/** @param {readonly string[]} svgs */
async function renderAll(svgs) {
  /** @type {Awaited<ReturnType<typeof render>>[]} */
  const done = new Array(svgs.length);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < svgs.length; i = next++) {
      const svg = svgs[i] ?? "";
      done[i] = await render(frame(svg, await extentOf(svg), FRAME), { size, supersample });
    }
  };
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
  return done;
}

/** One data folder. @param {string} folder @param {readonly Row[]} chosen */
async function writeSide(folder, chosen) {
  mkdirSync(folder, { recursive: true });
  const names = [...new Set(chosen.map((row) => row.name))];
  const idOfName = new Map(names.map((name, id) => [name, id]));
  const idOfSet = new Map(SETS.map(({ name }, id) => [name, id]));
  const n = chosen.length;
  const ids = (/** @type {(row: Row) => number | undefined} */ of) => ({
    shape: [n],
    data: BigInt64Array.from(chosen, (row) => BigInt(of(row) ?? -1)),
  });
  await writeNpz(join(folder, "emoji.npz"), {
    images: { shape: [n, size, size, 3], data: concat(chosen.map((row) => row.rgb)) },
    alpha: { shape: [n, size, size], data: concat(chosen.map((row) => row.alpha)) },
    labels: ids((row) => idOfName.get(row.name)),
    styles: ids((row) => idOfSet.get(row.set)),
    split: { shape: [n], data: Uint8Array.from(chosen, (row) => (row.side === "held-out" ? 1 : 0)) },
  });
  writeJson(join(folder, "classes.json"), {
    size,
    seed,
    total: countsOf(chosen),
    id2label: Object.fromEntries(names.map((name, id) => [id, name])),
    styles: SETS.map(({ name }) => name),
    groups: groupsOf(chosen, folder === out),
  });
  writeJson(
    join(folder, "items.json"),
    chosen.map(({ set, icon, code, name, side }) => ({ set, icon, code, name, group: groupOfBase.get(code), side })),
  );
  if (values.sheets) await writeSheets(folder, chosen);
}

/** Names of each group's members. @param {readonly Row[]} chosen @param {boolean} all whether every group must be there */
function groupsOf(chosen, all) {
  const members = groupBy(
    [...new Map(chosen.map((row) => [row.name, row])).values()],
    (row) => groupOfBase.get(row.base) ?? "",
  );
  const groups = Object.keys(CLASSES).map(
    (name) => /** @type {const} */ ([name, (members.get(name) ?? []).map((r) => r.name)]),
  );
  const small = groups.filter(([, list]) => list.length < FEWEST_IN_GROUP);
  if (all && small.length > 0)
    throw new Error(
      `groups: expected at least ${FEWEST_IN_GROUP} members each, got ${small.map(([name, list]) => `${name} ${list.length}`).join(", ")}`,
    );
  return Object.fromEntries(groups.filter(([, list]) => list.length > 0));
}

/** @param {readonly Row[]} list */
function countsOf(list) {
  const drawings = (/** @type {string} */ side) => list.filter((row) => row.side === side).length;
  return { drawings: list.length, emoji: new Set(list.map((row) => row.name)).size, heldOut: drawings("held-out") };
}

/** @param {readonly Uint8Array[]} parts */
function concat(parts) {
  return new Uint8Array(Buffer.concat(parts));
}

/** @param {string} path @param {unknown} value */
function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 1)}\n`);
}

/** What is not in the data set, and why: icons without code points, and emoji that too few sets have drawn. */
function droppedOf() {
  return {
    iconsWithoutCode: contents.flatMap((set) => set.unmapped.map(({ set: name, icon }) => `${name}:${icon}`)),
    variants,
    drawnByTooFew: tooFew.map((code) => `${textOf(code)} ${unicode.get(code)?.label ?? code}`),
  };
}

/** A sheet of 40 emoji, a set a column, and one of what is held out. @param {string} folder @param {readonly Row[]} chosen */
async function writeSheets(folder, chosen) {
  const blank = new Uint8Array(size * size * 3).fill(200);
  const byName = [...groupBy(chosen, (row) => row.name)].sort(
    ([a], [b]) => rankOf(seed, `sheet:${a}`) - rankOf(seed, `sheet:${b}`),
  );
  const lines = byName.slice(0, 40).map(([label, list]) => ({
    label,
    pictures: SETS.map((set) => list.find((row) => row.set === set.name)?.rgb ?? blank),
  }));
  await writeSheet(join(folder, "sheet.png"), lines, { size, columns: SETS.length });
  const held = SETS.map(({ name }) => ({
    label: name,
    pictures: chosen
      .filter((row) => row.set === name && row.side === "held-out")
      .flatMap(({ rgb }) => (rgb ? [rgb] : [])),
  }));
  if (held.some(({ pictures: list }) => list.length > 0))
    await writeSheet(join(folder, "sheet-held-out.png"), held, { size, columns: 24 });
}

function report() {
  console.error("set            drawings  kept  held out  unseen");
  for (const [i, set] of contents.entries()) {
    const name = SETS[i]?.name ?? "";
    const kept = items.filter((item) => item.set === name);
    const of = (/** @type {string} */ side) => kept.filter((item) => item.side === side).length;
    const cells = [set.drawings.length, kept.length, of("held-out"), of("unseen")];
    console.error(`${name.padEnd(14)} ${cells.map((n, c) => String(n).padStart([8, 5, 9, 7][c] ?? 0)).join(" ")}`);
  }
  const names = new Set(items.map((item) => item.name));
  console.error(
    `${items.length} drawings of ${names.size} emoji; ${tooFew.length} emoji drawn by fewer than ${FEWEST} sets`,
  );
  console.error(`written to ${values.out}; dropped.json lists what was left out`);
}
