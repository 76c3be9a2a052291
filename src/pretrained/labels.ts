/** Class ids and names, as users type them. */

/** An edit distance that stops mattering past `most`: insertions, deletions, substitutions (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

const normal = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, " ");

/** Names most like an unknown one: those that contain it, then the closest by edit distance. */
export function nearLabels(name: string, labels: readonly string[], most = 5): string[] {
  const wanted = normal(name).slice(0, 80);
  const score = (label: string): number => {
    const candidate = normal(label);
    return candidate.includes(wanted)
      ? -1
      : editDistance(wanted, candidate) / Math.max(wanted.length, candidate.length);
  };
  return labels
    .map((label) => ({ label, score: score(label) }))
    .filter(({ score: s }) => s < 0.6)
    .sort((a, b) => a.score - b.score)
    .slice(0, most)
    .map(({ label }) => label);
}

/**
 * Class ids for ids or names; names match whatever their case, spaces, hyphens and underscores.
 * @throws RangeError naming near names, the ids among which a name does not choose, or the range of ids.
 */
export function classIdsOf(
  given: readonly (number | string)[],
  labels: readonly string[],
  numClasses: number,
): number[] {
  const byName = new Map<string, number[]>();
  labels.forEach((label, id) => {
    byName.set(normal(label), [...(byName.get(normal(label)) ?? []), id]);
  });
  return given.map((one) => {
    const named = typeof one === "number" ? [] : (byName.get(normal(one)) ?? []);
    if (named.length > 1)
      throw new RangeError(`class: expected the name of one class, got "${one}", which is ${named.join(" and ")}`);
    const id = typeof one === "number" ? one : (named[0] ?? (/^\d+$/.test(one) ? Number(one) : -1));
    if (Number.isInteger(id) && id >= 0 && id < numClasses) return id;
    if (typeof one === "string" && !/^\d+$/.test(one)) {
      const near = nearLabels(one, labels);
      const hint = near.length > 0 ? `did you mean ${near.map((n) => `"${n}"`).join(", ")}?` : "see `flexvar classes`";
      throw new RangeError(`class: expected a class of the model, got "${one}"; ${hint}`);
    }
    throw new RangeError(`class: expected an id from 0 to ${numClasses - 1}, got ${one}`);
  });
}
