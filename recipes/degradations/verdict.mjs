// Whether a judge orders degradations as their severity does.
import { markdownTable } from "../lib/numbers.mjs";

/**
 * One line for each family and distance. A family passes when its distance grows strictly from its base through every severity, and the
 * 95 % interval of the weakest one's difference from the base lies above 0.
 * @param sets `{ family, name, base, distances: { [distance]: { value, difference, interval } } }`, each family from weak to strong
 */
export function verdicts(sets, distances) {
  const byName = new Map(sets.map((set) => [set.name, set]));
  const families = [...new Set(sets.filter(({ base }) => base !== undefined).map(({ family }) => family))];
  return families.flatMap((family) => {
    const levels = sets.filter((set) => set.family === family);
    return distances.map((distance) => {
      const values = [byName.get(levels[0].base), ...levels].map((set) => set.distances[distance].value);
      const grows = values.every((value, i) => i === 0 || value > values[i - 1]);
      const seen = levels[0].distances[distance].interval[0] > 0;
      return { family, distance, grows, seen, passes: grows && seen };
    });
  });
}

const shown = (value) => String(Number(value.toPrecision(3)));

/** A Markdown table: a row for each set, a column for each distance. */
export function distanceTable(sets, distances) {
  const cell = ({ value, difference, interval }) =>
    difference === undefined
      ? `${shown(value)} (${interval.map(shown).join(" to ")})`
      : `${shown(value)}, ${difference > 0 ? "+" : ""}${shown(difference)} (${interval.map(shown).join(" to ")})`;
  const rows = sets.map(({ name, distances: own }) => [name, ...distances.map((distance) => cell(own[distance]))]);
  return markdownTable(["pictures", ...distances], rows, `| --- |${" --- |".repeat(distances.length)}`);
}

/** A Markdown table: which distances order which family. */
export function verdictTable(lines, distances) {
  const families = [...new Set(lines.map(({ family }) => family))];
  const word = ({ grows, seen }) => (grows && seen ? "passes" : grows ? "grows, the weakest unseen" : "does not grow");
  const of = (family, distance) => word(lines.find((one) => one.family === family && one.distance === distance));
  return markdownTable(
    ["", ...distances],
    families.map((family) => [family, ...distances.map((distance) => of(family, distance))]),
  );
}
