/** A network's classes and those of labelled pictures. */

/**
 * The network's class number of each of a data set's classes: matched by name; where the data set's names are mere numbers, by
 * number.
 * @throws Error naming a class that the network does not know
 */
export function matchClasses(names: readonly string[], labels: readonly string[]): number[] {
  const numbered = names.every((name) => /^\d{1,6}$/.test(name));
  return names.map((name) => {
    const found = labels.indexOf(name);
    if (found >= 0) return found;
    if (numbered && Number(name) < labels.length) return Number(name);
    throw new Error(`judge: expected classes that it was trained on (${labels.join(", ")}), got "${name}"`);
  });
}

/** The column of each row's largest value; the first on ties. */
export function largestOfRows(values: Float32Array, rows: number): Int32Array {
  const width = values.length / rows;
  return Int32Array.from({ length: rows }, (_, row) => {
    const scores = values.subarray(row * width, (row + 1) * width);
    return scores.reduce((best, value, column) => (value > scores[best]! ? column : best), 0);
  });
}
