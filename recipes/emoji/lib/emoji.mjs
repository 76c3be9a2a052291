// Emoji sequences: parsing, the base emoji behind skin-tone and gender variants, and what Unicode says about it.

import { readFileSync } from "node:fs";

const TONES = new Set(["1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"]);
const ZWJ = "200d";
const VARIATION = "fe0f";
const RIGHT_ARROW = "27a1";
const GENDER_SIGNS = new Set(["2640", "2642"]);
const ADULTS = new Set(["1f468", "1f469"]);
const PERSON = "1f9d1";

/**
 * Emoji drawn by a set before the Unicode data package knows them (Emoji 18), with the subgroup they will be in.
 * @type {ReadonlyArray<{ code: string, label: string, subgroup: string }>}
 */
const NEWCOMERS = [
  { code: "1facc", label: "monarch butterfly", subgroup: "animal-bug" },
  { code: "1fadd", label: "pickle", subgroup: "food-vegetable" },
  { code: "1f6d9", label: "lighthouse", subgroup: "place-building" },
  { code: "1fa8b", label: "meteor", subgroup: "sky-weather" },
  { code: "1fa8c", label: "eraser", subgroup: "writing" },
  { code: "1fa8d", label: "net with handle", subgroup: "tool" },
  { code: "1faeb", label: "cracking face", subgroup: "face-concerned" },
  { code: "1faf9", label: "leftwards thumb sign", subgroup: "hand-fingers-closed" },
  { code: "1fafa", label: "rightwards thumb sign", subgroup: "hand-fingers-closed" },
];

/**
 * Emoji whose code points differ although they are one drawing with other hair or clothes: one side of the split.
 * Each row names its members; the first one's base is the key of all.
 */
const TWINS = [
  "🧒 👦 👧",
  "🧑 👨 👩",
  "🧓 👴 👵",
  "🫅 🤴 👸",
  "🫄 🤰 🫃",
  "🎅 🤶 🧑‍🎄",
  "🐕 🦮 🐕‍🦺",
  "🐈 🐈‍⬛",
  "🐦 🐦‍⬛",
];

/** The code points of a string, hexadecimal, joined by "-", without variation selectors. @param {string} text */
export function codeOf(text) {
  return normalise([...text].map((c) => /** @type {number} */ (c.codePointAt(0)).toString(16)).join("-"));
}

/** Lower case, at least four digits, no variation selectors. @param {string} hexcode */
export function normalise(hexcode) {
  return hexcode
    .toLowerCase()
    .split("-")
    .filter((c) => c !== VARIATION)
    .map((c) => c.padStart(4, "0"))
    .join("-");
}

/** The characters a code stands for. @param {string} code */
export function textOf(code) {
  return String.fromCodePoint(...code.split("-").map((c) => Number.parseInt(c, 16)));
}

/**
 * What a sequence varies: its skin tone, gender and direction are taken off, the rest is the base emoji.
 * @param {string} code normalised code points
 * @returns {{ base: string, toned: boolean, gendered: boolean, turned: boolean }}
 */
export function analyse(code) {
  const points = code.split("-");
  const plain = points.filter((c) => !TONES.has(c));
  const parts = plain.join("-").split(`-${ZWJ}-`);
  const turned = parts.length > 1 && parts.at(-1) === RIGHT_ARROW;
  const kept = parts.filter((part, i) => i === 0 || (part !== RIGHT_ARROW && !GENDER_SIGNS.has(part)));
  let gendered = kept.length < parts.length - (turned ? 1 : 0);
  if (kept.length > 1 && ADULTS.has(kept[0] ?? "")) {
    kept[0] = PERSON;
    gendered = true;
  }
  return { base: kept.join(`-${ZWJ}-`), toned: plain.length < points.length, gendered, turned };
}

const twinKeys = new Map(
  TWINS.flatMap((row) => {
    const codes = row.split(" ").map((text) => analyse(codeOf(text)).base);
    return codes.map((code) => [code, codes[0] ?? code]);
  }),
);

/** The key that decides the side of the split: twins share one. @param {string} base */
export function splitKeyOf(base) {
  return twinKeys.get(base) ?? base;
}

/** Tables of short names, by how well they tell emoji apart. */
const SHORT_NAMES = ["cldr", "emojibase", "github", "joypixels", "iamcal"];

/**
 * Label, Unicode subgroup and short names of every base emoji.
 * @param {string} packages the folder of installed packages
 * @returns {Map<string, { label: string, subgroup: string, shortNames: string[] }>}
 */
export function readUnicode(packages) {
  const read = (/** @type {string} */ path) => JSON.parse(readFileSync(`${packages}/emojibase-data/${path}`, "utf8"));
  const names = read("meta/groups.json").subgroups;
  const tables = SHORT_NAMES.map((name) => read(`en/shortcodes/${name}.json`));
  const shortNamesOf = (/** @type {string} */ hexcode) => tables.flatMap((table) => table[hexcode] ?? []);
  const table = new Map(
    NEWCOMERS.map(({ code, label, subgroup }) => [code, { label, subgroup, shortNames: /** @type {string[]} */ ([]) }]),
  );
  for (const entry of read("en/data.json")) {
    if (entry.subgroup === undefined) continue;
    const code = normalise(entry.hexcode);
    const { base } = analyse(code);
    const known = { label: entry.label, subgroup: names[entry.subgroup], shortNames: shortNamesOf(entry.hexcode) };
    if (base === code || !table.has(base)) table.set(base, known);
  }
  return table;
}
