import { ops, type Shape } from "../../../src/engine/index.ts";
import { distinct, f32, type InputSpec, i32, i64, listed, type OpCase, whole } from "../case.ts";
import { type Nd, pick, put, sizeOfShape, tabulate } from "../nd.ts";

const sizes = [
  { B: 2, l: 3 },
  { B: 1, l: 0 },
];
const symbolic = (...shapes: readonly Shape[]): boolean => shapes.flat().some((d) => typeof d === "string");

function gather(
  name: string,
  data: InputSpec,
  indices: InputSpec,
  axis: number,
  gradient: OpCase["gradient"] = "check",
) {
  return {
    op: "Gather",
    name,
    inputs: [data, indices],
    sizes: symbolic(data.shape, indices.shape) ? sizes : [{}],
    build: (x, i) => ops.gather(x!, i!, axis),
    reference: (x, i) => {
      const shape = [...x!.shape.slice(0, axis), ...i!.shape, ...x!.shape.slice(axis + 1)];
      return tabulate(shape, (at) => {
        const row = pick(i!, at.slice(axis, axis + i!.shape.length));
        return pick(x!, [...at.slice(0, axis), row, ...at.slice(axis + i!.shape.length)]);
      });
    },
    gradient,
  } satisfies OpCase;
}

const scatterRows =
  (rows: number) =>
  (indices: Nd, updates: Nd): Nd => {
    const rest = updates.shape.slice(indices.shape.length);
    const width = sizeOfShape(rest);
    const data = new Float64Array(rows * width);
    updates.data.forEach((v, n) => {
      data[indices.data[Math.floor(n / width)]! * width + (n % width)]! += v;
    });
    return { shape: [rows, ...rest], data };
  };

function rows(name: string, indices: Shape, rest: Shape, count: number): OpCase {
  return {
    op: "ScatterRows",
    name,
    inputs: [i64(indices, whole(0, count - 1)), f32([...indices, ...rest])],
    sizes: symbolic(indices) ? sizes : [{}],
    build: (i, u) => ops.scatterRows(i!, u!, count),
    reference: scatterRows(count),
  };
}

const gatherElements = (name: string, data: InputSpec, indices: InputSpec, axis: number): OpCase => ({
  op: "GatherElements",
  name,
  inputs: [data, indices],
  sizes: symbolic(data.shape) ? sizes : [{}],
  build: (x, i) => ops.gatherElements(x!, i!, axis),
  reference: (x, i) => {
    const at = axis < 0 ? axis + x.shape.length : axis;
    return tabulate(i.shape, (index) => pick(x, put(index, at, pick(i, index))));
  },
});

const scatterElements = (name: string, indices: InputSpec, updates: InputSpec, axis: number, size: number): OpCase => ({
  op: "ScatterElements",
  name,
  inputs: [indices, updates],
  sizes: symbolic(updates.shape) ? sizes : [{}],
  build: (i, u) => ops.scatterElements(i!, u!, axis, size),
  reference: (i, u) => {
    const at = axis < 0 ? axis + u.shape.length : axis;
    const shape = put(u.shape, at, size);
    const out = tabulate(shape, () => 0);
    tabulate(u.shape, (index) => {
      const to = put(index, at, pick(i, index));
      out.data[to.reduce((offset, v, k) => offset * shape[k]! + v, 0)]! += pick(u, index);
      return 0;
    });
    return out;
  },
});

export const gatherCases: readonly OpCase[] = [
  gather("rows, some twice", f32([4, 3]), i64([5], listed(1, 3, 1, 0, 1)), 0),
  gather("rows of a rank-1 table", f32([4]), i64([3], listed(2, 2, 0)), 0),
  gather("indices of rank 2", f32([5, 2]), i64(["B", "l"], whole(0, 4)), 0),
  gather("one row", f32([4, 3]), i64([], listed(2)), 0),
  gather("int32 indices", f32([4, 3]), i32([3], listed(2, 0, 2)), 0),
  gather("of integers", i64([4, 2]), i64([3], listed(3, 0, 3)), 0),
  gather("an inner axis", f32([2, 4, 3]), i64([4], listed(3, 2, 1, 0)), 1),
  gather("an inner axis, some twice", f32([2, 4, 3]), i64([3], listed(3, 1, 3)), 1),
  rows("some twice", [5], [3], 4),
  rows("rank 1", [3], [], 4),
  rows("indices of rank 2", [2, 3], [2], 3),
  rows("symbolic", ["B", "l"], [2], 3),
  gatherElements("one a row", f32([3, 4]), i64([3, 1], whole(0, 3)), -1),
  gatherElements("two a row, perhaps twice the same", f32([2, 4]), i64([2, 2], listed(1, 1, 0, 3)), 1),
  gatherElements("symbolic", f32(["B", "l", 4]), i64(["B", "l", 1], whole(0, 3)), 2),
  gatherElements("int32 indices", f32([3, 4], distinct()), i32([3, 2], whole(0, 3)), 1),
  gatherElements("axis 0", f32([3, 4]), i64([1, 4], whole(0, 2)), 0),
  scatterElements("one a row", i64([3, 1], whole(0, 3)), f32([3, 1]), 1, 4),
  scatterElements("two a row", i64([2, 2], listed(1, 2, 0, 3)), f32([2, 2]), -1, 4),
  scatterElements("twice the same", i64([2, 2], listed(1, 1, 0, 3)), f32([2, 2]), -1, 4),
  scatterElements("symbolic", i64(["B", "l", 1], whole(0, 3)), f32(["B", "l", 1]), 2, 4),
  scatterElements("axis 0", i64([1, 3], whole(0, 3)), f32([1, 3]), 0, 4),
];
