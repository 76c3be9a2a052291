/** Class ids and names, as users type them. */
import { looseName, nameFinder, readClassText } from "../options/index.ts";

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

/** Names most like an unknown one: those that contain it, then the closest by edit distance. */
export function nearLabels(name: string, labels: readonly string[], most = 5): string[] {
  const wanted = looseName(name).slice(0, 80);
  const score = (label: string): number => {
    const candidate = looseName(label);
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
 * Class ids for ids or names. A number is an id. A text is the name of a class where there is one (compared composed; then
 * whatever the case, spaces, hyphens and underscores), else an id; `"3"` in quotes is a name only and `#3` an id only.
 * @throws RangeError naming near names, the ids among which a name does not choose, or the range of ids.
 */
export function classIdsOf(
  given: readonly (number | string)[],
  labels: readonly string[],
  numClasses: number,
): number[] {
  const find = nameFinder(labels);
  return given.map((one) => {
    const id = typeof one === "number" ? one : idOfText(one, find, labels);
    if (Number.isInteger(id) && id >= 0 && id < numClasses) return id;
    throw new RangeError(`class: expected an id from 0 to ${numClasses - 1}, got ${one}`);
  });
}

/** Whether a text as a whole names a class, so that its commas separate nothing. */
export const isClassName = (text: string, labels: readonly string[]): boolean => nameFinder(labels)(text).length > 0;

function idOfText(text: string, find: ReturnType<typeof nameFinder>, labels: readonly string[]): number {
  const read = readClassText(text);
  if (read.reading === "id") return read.id;
  const named = find(read.name);
  // A name may have quotes of its own.
  const found = named.length > 0 ? named : find(text);
  if (found.length > 1)
    throw new RangeError(
      `class: expected the name of one class, got "${text}", which is ${found.join(" and ")}; #${found[0]} chooses one`,
    );
  if (found.length === 1) return found[0]!;
  if (read.reading === "either" && read.id !== undefined) return read.id;
  const near = nearLabels(read.name, labels);
  const hint = near.length > 0 ? `did you mean ${near.map((n) => `"${n}"`).join(", ")}?` : "see `flexvar classes`";
  throw new RangeError(`class: expected a class of the model, got "${text}"; ${hint}`);
}
