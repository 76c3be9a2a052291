import { type OpName, ops, type Shape, type Tensor } from "../../../src/engine/index.ts";
import { between, distinct, f32, type InputSpec, listed, type OpCase } from "../case.ts";
import { type Nd, pick, put, range, sizeOfShape, tabulate, total } from "../nd.ts";

/** Folds the values along `axes` (non-negative), which stay with extent 1. */
const fold = (axes: readonly number[], combine: (values: number[]) => number) => (x: Nd) =>
  tabulate(
    x.shape.map((d, axis) => (axes.includes(axis) ? 1 : d)),
    (index) => {
      const inner = tabulate(
        axes.map((axis) => x.shape[axis]!),
        (at) =>
          pick(
            x,
            axes.reduce((i, axis, k) => put(i, axis, at[k]!), index as number[]),
          ),
      );
      return combine([...inner.data]);
    },
  );

const average = (values: number[]): number => total(values) / values.length;
const sizes = [
  { B: 2, l: 3, h: 1 },
  { B: 1, l: 5, h: 2 },
];
const shapes: readonly [Shape, readonly number[]][] = [
  [[2, 3, 4], [0]],
  [[2, 3, 4], [-1]],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [
    [2, 3],
    [0, 1],
  ],
  [[2, 1, 3], [1]],
  [[4], [0]],
  [["B", "l", 3], [1]],
  [
    ["B", "l", 3],
    [0, 1, 2],
  ],
  [
    ["B", 2, "4*h", "2*l"],
    [2, 3],
  ],
];

function reduction(
  op: OpName,
  build: (x: Tensor, axes: readonly number[]) => Tensor,
  combine: (values: number[]) => number,
  values?: InputSpec["values"],
): OpCase[] {
  return shapes.map(([shape, axes]) => ({
    op,
    name: `[${shape.join(", ")}] over ${axes.join(", ")}`,
    inputs: [f32(shape, values)],
    sizes: shape.some((d) => typeof d === "string") ? sizes : [{}],
    build: (x) => build(x, axes),
    reference: fold(
      axes.map((axis) => (axis < 0 ? axis + shape.length : axis)),
      combine,
    ),
  }));
}

const none = (op: OpName, build: (x: Tensor, axes: readonly number[]) => Tensor): OpCase => ({
  op,
  name: "over no axes",
  inputs: [f32([2, 3])],
  build: (x) => build(x, []),
  reference: (x) => x,
});

const argMax = (shape: Shape, axis: number, name = "", values = distinct()): OpCase => ({
  op: "ArgMax",
  name: `[${shape.join(", ")}] along ${axis}${name}`,
  inputs: [f32(shape, values)],
  sizes: shape.some((d) => typeof d === "string") ? sizes : [{}],
  build: (x) => ops.argMax(x, axis),
  reference: (x) => {
    const at = axis < 0 ? axis + shape.length : axis;
    return tabulate(
      x.shape.filter((_, i) => i !== at),
      (index) => {
        const line = range(x.shape[at]!).map((k) => pick(x, [...index.slice(0, at), k, ...index.slice(at)]));
        return line.indexOf(Math.max(...line));
      },
    );
  },
});

const extent = (name: string, shape: Shape, of: Shape): OpCase => ({
  op: "Extent",
  name,
  inputs: [f32(shape)],
  sizes,
  build: (x) => ops.mul(x, ops.extent(of)),
  reference: (x) => {
    const scale = sizeOfShape(of.map((d) => (typeof d === "number" ? d : x.shape[shape.indexOf(d)]!)));
    return tabulate(x.shape, (i) => scale * pick(x, i));
  },
});

export const reduceCases: readonly OpCase[] = [
  ...reduction("ReduceSum", ops.reduceSum, total),
  ...reduction("ReduceMean", ops.reduceMean, average),
  none("ReduceSum", ops.reduceSum),
  none("ReduceMean", ops.reduceMean),
  {
    op: "ReduceSum",
    name: "an empty axis",
    inputs: [f32(["B", "l"])],
    sizes: [{ B: 2, l: 0 }],
    build: (x) => ops.reduceSum(x, [1]),
    reference: fold([1], total),
  },
  {
    op: "ReduceMean",
    name: "mean of squares, rank 0",
    inputs: [f32(["B", "l"])],
    sizes,
    build: (x) => ops.mean(ops.mul(x, x)),
    reference: (x) => tabulate([], () => average([...x.data].map((v) => v * v))),
    second: true,
  },
  {
    op: "ReduceSum",
    name: "sum of exponentials, rank 0",
    inputs: [f32([2, 3], between(-1, 1))],
    build: (x) => ops.sum(ops.exp(x)),
    reference: (x) => tabulate([], () => total([...x.data].map(Math.exp))),
    second: true,
  },
  argMax([3, 4], 0),
  argMax([3, 4], 1),
  argMax([2, 3, 4], -2),
  argMax(["B", "l", 5], -1),
  argMax([2, 4], 1, ", ties", listed(1, 2, 2, 0, 3, 3, 3, 3)),
  extent("one symbol", ["B", "l"], ["l"]),
  extent("a product", ["B", "l"], ["B", 2, "l"]),
];
