import type { Random } from "../sampling/index.ts";
import type { DoubleProduct } from "./double-products.ts";

export interface KidOptions {
  /** Default 100, drawn without replacement. */
  readonly subsets?: number;
  /** Default 1000, or the smaller set's size. */
  readonly subsetSize?: number;
}

/**
 * Kernel Inception Distance (Bińkowski et al. 2018): the unbiased squared MMD under (x·y / dim + 1)³, over random subsets.
 * May be a little below zero. @returns the value of each subset
 */
export async function kernelDistances(
  real: Float32Array,
  drawn: Float32Array,
  dim: number,
  random: Random,
  product: DoubleProduct,
  { subsets = 100, subsetSize = 1000 }: KidOptions = {},
): Promise<Float64Array> {
  const size = Math.min(subsetSize, real.length / dim, drawn.length / dim);
  if (size < 2) throw new RangeError(`kid: expected at least two rows on each side, got ${size}`);
  const values = new Float64Array(subsets);
  for (let s = 0; s < subsets; s++) {
    const x = pick(real, dim, size, random);
    const y = pick(drawn, dim, size, random);
    const kernel = async (a: Float64Array, b: Float64Array, diagonal: boolean): Promise<number> => {
      const dots = await product(a, b, { rows: size, inner: dim, columns: size, transB: true });
      let sum = 0;
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) if (diagonal || i !== j) sum += (dots[i * size + j]! / dim + 1) ** 3;
      return sum;
    };
    const within = (await kernel(x, x, false)) + (await kernel(y, y, false));
    values[s] = within / (size * (size - 1)) - (2 * (await kernel(x, y, true))) / size ** 2;
  }
  return values;
}

/** `size` rows, drawn without replacement. */
function pick(rows: Float32Array, dim: number, size: number, random: Random): Float64Array {
  const order = Array.from({ length: rows.length / dim }, (_, i) => i);
  const out = new Float64Array(size * dim);
  for (let i = 0; i < size; i++) {
    const j = i + random.int(order.length - i);
    const chosen = order[j]!;
    order[j] = order[i]!;
    out.set(rows.subarray(chosen * dim, (chosen + 1) * dim), i * dim);
  }
  return out;
}
