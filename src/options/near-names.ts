/** Names that someone may have meant. */
import { looseName } from "./class-names.ts";

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
