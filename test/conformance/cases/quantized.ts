import { ops, type Shape } from "../../../src/engine/index.ts";
import { between, f32, i8, listed, type OpCase, type Values } from "../case.ts";
import { type Nd, pick, tabulate } from "../nd.ts";

/** The nearest whole number, ties to even. */
function nearest(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

interface Options {
  readonly digits?: 1 | 2;
  readonly zero?: 128 | 32;
}

/** A row rounded as the operation's record says. */
function rounded(row: Float64Array, { digits = 1, zero = 128 }: Options): Float64Array {
  const above = 255 - zero;
  const unit = Math.max(Math.max(...row) / above, -Math.min(...row) / Math.min(zero, above)) || 1;
  return row.map((value) => {
    const first = nearest(value / unit);
    const rest = digits === 1 ? 0 : nearest((value / unit - first) * 254) / 254;
    return unit * (first + rest);
  });
}

const product =
  (options: Options) =>
  (x: Nd, w: Nd, scale: Nd): Nd => {
    const [K, N] = w.shape as [number, number];
    const rows = x.data.length / K;
    const all = new Float64Array(x.data.length);
    for (let row = 0; row < rows; row++)
      all.set(rounded(Float64Array.from(x.data.slice(row * K, (row + 1) * K)), options), row * K);
    return tabulate([...x.shape.slice(0, -1), N], (index) => {
      const n = index.at(-1)!;
      const row = index.slice(0, -1).reduce((at, i, axis) => at * x.shape[axis]! + i, 0);
      let sum = 0;
      for (let k = 0; k < K; k++) sum += all[row * K + k]! * pick(w, [k, n]);
      return sum * scale.data[n]!;
    });
  };

/** Halves of a unit, so that ties occur, beside a largest value of 127. */
const ties: Values = listed(127, 0.5, -1.5, 2.5, -127, 63.5, 0, -0.5);

function row(name: string, shape: Shape, columns: number, options: Options = {}, values = between(-1, 1)): OpCase {
  const { digits = 1, zero = 128 } = options;
  return {
    op: "QuantizedMatMul",
    name: `${name}, digits ${digits}, zero ${zero}`,
    inputs: [f32(shape, values), i8([shape.at(-1)!, columns]), f32([columns], between(0.01, 0.02))],
    sizes: shape.some((d) => typeof d === "string")
      ? [
          { B: 2, l: 3 },
          { B: 1, l: 1 },
        ]
      : [{}],
    build: (x, w, scale) => ops.quantizedMatmul(x, w, scale, options),
    reference: product(options),
  };
}

export const quantizedCases: readonly OpCase[] = [
  row("[4, 8] by 8 to 5", [4, 8], 5),
  row("[B, l, 48] by 48 to 33", ["B", "l", 48], 33),
  row("[B, l, 48] by 48 to 33", ["B", "l", 48], 33, { digits: 2 }),
  row("mostly positive", ["B", "l", 48], 33, { zero: 32 }, between(-0.17, 2)),
  row("mostly positive", [3, 48], 5, { digits: 2, zero: 32 }, between(-0.17, 2)),
  row("negative", [3, 48], 5, { zero: 32 }, between(-2, -1)),
  row("rows of zeros", [3, 8], 4, {}, listed(0)),
  row("rows of zeros", [3, 8], 4, { digits: 2 }, listed(0)),
  row("ties", [2, 8], 4, {}, ties),
];
