// From all drawings to the ones of the data set: one plain drawing of each emoji from each set, and the split.

import { createHash } from "node:crypto";
import { analyse, splitKeyOf } from "./emoji.mjs";
import { nameOf } from "./names.mjs";

/** Subgroups of Unicode that are no drawings of a thing. */
const NO_DRAWINGS = new Set(["country-flag", "subdivision-flag", "regional-indicator", "hair-style", "skin-tone"]);

/**
 * @typedef {import("./sets.mjs").Drawing} Drawing
 * @typedef {"train" | "held-out" | "unseen"} Side
 * @typedef {Drawing & { base: string, name: string, side: Side }} Item
 */

/**
 * `fewest`: sets that must have drawn an emoji. `heldOutFrom`: sets from which on a drawing may be held out. `share`: how many
 * of those drawings are. `unseen`: emoji held out wholly, drawn by `heldOutFrom` sets or more.
 * @typedef {{ fewest: number, heldOutFrom: number, share: number, unseen: number, seed: number }} SelectOptions
 */

/**
 * @param {readonly Drawing[]} drawings
 * @param {ReadonlyMap<string, { label: string, subgroup: string }>} unicode
 * @param {SelectOptions} options
 * @returns {{ items: Item[], tooFew: string[], variants: number }} items by name, then by set as the drawings come
 */
export function select(drawings, unicode, options) {
  let variants = 0;
  /** @type {Map<string, Drawing>} */
  const plain = new Map();
  for (const drawing of drawings) {
    const { base } = analyse(drawing.code);
    const about = unicode.get(base);
    if (about === undefined || NO_DRAWINGS.has(about.subgroup)) continue;
    const key = `${base} ${drawing.set}`;
    if (base !== drawing.code || plain.has(key)) variants++;
    else plain.set(key, drawing);
  }
  const byBase = groupBy([...plain.values()], ({ code }) => code);
  const bases = [...byBase.keys()].filter((base) => (byBase.get(base)?.length ?? 0) >= options.fewest);
  const tooFew = [...byBase.keys()].filter((base) => !bases.includes(base));
  const names = namesOf(bases, unicode);
  const often = bases.filter((base) => (byBase.get(base)?.length ?? 0) >= options.heldOutFrom);
  const unseen = chooseUnseen(often, options);
  const heldOut = chooseDrawings(
    often.filter((base) => !unseen.has(base)).flatMap((base) => byBase.get(base) ?? []),
    options,
  );
  /** @type {(drawing: Drawing) => Side} */
  const sideOf = (drawing) => (unseen.has(drawing.code) ? "unseen" : heldOut.has(drawing) ? "held-out" : "train");
  const items = bases
    .flatMap((base) =>
      (byBase.get(base) ?? []).map((drawing) => ({
        ...drawing,
        base,
        name: names.get(base) ?? base,
        side: sideOf(drawing),
      })),
    )
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { items, tooFew, variants };
}

/**
 * @param {readonly string[]} bases
 * @param {ReadonlyMap<string, { label: string }>} unicode
 */
function namesOf(bases, unicode) {
  const names = new Map(bases.map((base) => [base, nameOf(unicode.get(base)?.label ?? base)]));
  const twice = [...groupBy([...names], ([, name]) => name).values()].filter((group) => group.length > 1);
  if (twice.length > 0)
    throw new Error(`names: expected one emoji a name, got ${twice.map((group) => group.join(" ")).join("; ")}`);
  return names;
}

/** Emoji that no drawing of is seen in training; twins of others are not taken. @param {readonly string[]} bases @param {SelectOptions} options */
function chooseUnseen(bases, { unseen, seed }) {
  const alone = [...groupBy(bases, splitKeyOf).values()].flatMap((group) => (group.length === 1 ? group : []));
  const ranked = alone.sort((a, b) => rankOf(seed, `unseen:${a}`) - rankOf(seed, `unseen:${b}`));
  return new Set(ranked.slice(0, unseen));
}

/** The held-out drawings: the lowest in rank, at most one of an emoji. @param {readonly Drawing[]} drawings @param {SelectOptions} options */
function chooseDrawings(drawings, { share, seed }) {
  const rank = (/** @type {Drawing} */ { set, code }) => rankOf(seed, `held-out:${set}:${code}`);
  const first = [...groupBy(drawings, ({ code }) => code).values()].map(
    (group) => group.toSorted((a, b) => rank(a) - rank(b))[0],
  );
  const ranked = first.flatMap((drawing) => (drawing ? [drawing] : [])).sort((a, b) => rank(a) - rank(b));
  return new Set(ranked.slice(0, Math.round(share * drawings.length)));
}

/** A number in [0, 1) from a seed and a name: the same on every machine, whatever the order of the input. @param {number} seed @param {string} name */
export function rankOf(seed, name) {
  return createHash("sha256").update(`${seed}:${name}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/**
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @returns {Map<string, T[]>}
 */
export function groupBy(items, keyOf) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
