/** A network's classes and those of labelled pictures. */
import { nameFinder } from "../options/index.ts";

/**
 * The network's class number of each of a data set's classes: all matched by name, as typed names are; where the data set's
 * names are mere numbers and the network's are none of them, all by number.
 * @throws Error naming a class that the network does not know, or that it knows more than once
 */
export function matchClasses(names: readonly string[], labels: readonly string[]): number[] {
  const find = nameFinder(labels);
  const found = names.map(find);
  const byNumber = found.every((places) => places.length === 0) && names.every((name) => /^\d{1,6}$/.test(name));
  return names.map((name, i) => {
    const places = byNumber && Number(name) < labels.length ? [Number(name)] : found[i]!;
    if (places.length === 1) return places[0]!;
    if (places.length > 1)
      throw new Error(`judge: expected one class "${name}", got ${places.join(" and ")} of its own`);
    throw new Error(`judge: expected classes that it was trained on (${shownNames(labels)}), got "${name}"`);
  });
}

/** At most a dozen names. */
const shownNames = (names: readonly string[]): string =>
  names.length > 12 ? `${names.slice(0, 12).join(", ")} and ${names.length - 12} more` : names.join(", ");

/** The column of each row's largest value; the first on ties. */
export function largestOfRows(values: Float32Array, rows: number): Int32Array {
  const width = values.length / rows;
  return Int32Array.from({ length: rows }, (_, row) => {
    const scores = values.subarray(row * width, (row + 1) * width);
    return scores.reduce((best, value, column) => (value > scores[best]! ? column : best), 0);
  });
}

/** Columns of each row's `most` largest values, the largest first, [rows, most]; the first on ties. `most` is at most the width. */
export function topOfRows(values: Float32Array, rows: number, most: number): Int32Array {
  const width = values.length / rows;
  const count = Math.min(most, width);
  const out = new Int32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const scores = values.subarray(row * width, (row + 1) * width);
    let filled = 0;
    for (let column = 0; column < width; column++) {
      let at = filled;
      while (at > 0 && scores[column]! > scores[out[row * count + at - 1]!]!) at--;
      if (at >= count) continue;
      filled = Math.min(filled + 1, count);
      out.copyWithin(row * count + at + 1, row * count + at, row * count + filled - 1);
      out[row * count + at] = column;
    }
  }
  return out;
}
