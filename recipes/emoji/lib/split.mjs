// Seeded choices that depend on a name only: the same on every machine, whatever the order of the input.

import { createHash } from "node:crypto";
import { splitKeyOf } from "./emoji.mjs";

/** A number in [0, 1) from a seed and a name. @param {number} seed @param {string} name */
export function rankOf(seed, name) {
  return createHash("sha256").update(`${seed}:${name}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/**
 * Chooses the held-out base emoji: of each class the given share (at least one), lowest rank first. Twins (one drawing
 * under several code points) stay together, so a class may hold out a little more than its share.
 * @param {ReadonlyMap<string, readonly string[]>} basesOfClass
 * @param {{ share: number, seed: number }} options
 * @returns {Set<string>} the held-out base emoji
 */
export function chooseHeldOut(basesOfClass, { share, seed }) {
  const heldOut = new Set();
  for (const bases of basesOfClass.values()) {
    const groups = groupBy(bases, splitKeyOf);
    const ranked = [...groups].sort(([a], [b]) => rankOf(seed, a) - rankOf(seed, b));
    const wanted = Math.max(1, Math.round(bases.length * share));
    let taken = 0;
    for (const [, members] of ranked) {
      if (taken >= wanted) break;
      for (const base of members) heldOut.add(base);
      taken += members.length;
    }
  }
  return heldOut;
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
