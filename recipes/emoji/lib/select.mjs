// From all drawings to the ones of the data set: classes, variants, split.

import { analyse } from "./emoji.mjs";
import { chooseHeldOut, groupBy, rankOf } from "./split.mjs";

/** At most this many drawings of one base emoji from one set: the plain one and one skin-tone or gender variant. */
const VARIANTS = 2;

/**
 * @typedef {import("./sets.mjs").Drawing} Drawing
 * @typedef {Drawing & { base: string, toned: boolean, gendered: boolean, className: string, heldOut: boolean }} Item
 */

/**
 * @param {readonly Drawing[]} drawings
 * @param {ReadonlyMap<string, string>} classOfBase
 * @param {{ share: number, seed: number }} options
 * @returns {{ items: Item[], withoutClass: Drawing[], extraVariants: number }}
 */
export function select(drawings, classOfBase, options) {
  /** @type {Drawing[]} */
  const withoutClass = [];
  /** @type {(Drawing & ReturnType<typeof analyse> & { className: string })[]} */
  const candidates = [];
  for (const drawing of drawings) {
    const variant = analyse(drawing.code);
    const className = classOfBase.get(variant.base);
    if (className === undefined) withoutClass.push(drawing);
    else if (!variant.turned) candidates.push({ ...drawing, ...variant, className });
  }
  const rank = (/** @type {typeof candidates[number]} */ c) =>
    c.toned || c.gendered ? 1 + rankOf(options.seed, `${c.set}:${c.code}`) : 0;
  const kept = [...groupBy(candidates, (c) => `${c.set}:${c.base}`).values()].flatMap((group) =>
    group.sort((a, b) => rank(a) - rank(b)).slice(0, VARIANTS),
  );
  const basesOfClass = new Map(
    [...groupBy(kept, (c) => c.className)].map(([name, items]) => [name, [...new Set(items.map((i) => i.base))]]),
  );
  const heldOut = chooseHeldOut(basesOfClass, options);
  const items = kept
    .map(({ turned, ...item }) => ({ ...item, heldOut: heldOut.has(item.base) }))
    .sort(
      (a, b) =>
        compare(a.className, b.className) || compare(a.base, b.base) || compare(a.set, b.set) || shorterFirst(a, b),
    );
  return { items, withoutClass, extraVariants: candidates.length - kept.length };
}

/** @param {string} a @param {string} b */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @param {{ code: string }} a @param {{ code: string }} b */
function shorterFirst(a, b) {
  return a.code.length - b.code.length || compare(a.code, b.code);
}
