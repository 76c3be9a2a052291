/** Golden tables of gradients: L2 norm, sum and Σ gᵢ·cos(0.1·i) of every parameter's gradient. */
import { expect } from "vitest";
import { TRAINING_BAR } from "./golden.ts";

/** The three columns of one gradient, flattened in C order. */
function gradientRow(gradient: Float32Array): [norm: number, sum: number, cosines: number] {
  let [squares, sum, cosines] = [0, 0, 0];
  gradient.forEach((g, i) => {
    squares += g * g;
    sum += g;
    cosines += g * Math.cos(0.1 * i);
  });
  return [Math.sqrt(squares), sum, cosines];
}

/**
 * Compares gradients with a table row by row. A row's columns are measured against its own norm: the sums may cancel to
 * nothing. Norms below 1e-6 of the table's largest are rounding errors of gradients that vanish (a bias before a
 * normalisation, the keys' bias): those rows are held to that floor.
 */
export function expectGradientTable(
  names: readonly string[],
  table: Float32Array,
  gradient: (name: string) => Float32Array,
): void {
  expect(table).toHaveLength(names.length * 3);
  const floor = 1e-6 * Math.max(...names.map((_, row) => table[row * 3]!));
  const wrong = names.flatMap((name, row) => {
    const expected = table.subarray(row * 3, row * 3 + 3);
    const scale = Math.max(expected[0]!, floor / TRAINING_BAR);
    const errors = gradientRow(gradient(name)).map((value, column) => Math.abs(value - expected[column]!) / scale);
    return errors.every((error) => error <= TRAINING_BAR) ? [] : [`${name}: ${errors.join(", ")}`];
  });
  expect(wrong).toEqual([]);
}
