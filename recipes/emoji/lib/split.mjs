// Seeded choices that depend on a name only: the same on every machine, whatever the order of the input.

import { createHash } from "node:crypto";

/** A number in [0, 1) from a seed and a name. @param {number} seed @param {string} name */
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
