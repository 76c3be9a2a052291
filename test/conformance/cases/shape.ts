import { type Dim, evaluateDim, ops, type Shape, type Tensor } from "../../../src/engine/index.ts";
import { f32, i64, type OpCase } from "../case.ts";
import { type Nd, pick, put, tabulate } from "../nd.ts";

type Sizes = Readonly<Record<string, number>>;
const sizes: readonly Sizes[] = [
  { B: 2, l: 3, p: 0 },
  { B: 1, l: 1, p: 4 },
  { B: 2, l: 0, p: 1 },
];
const images: readonly Sizes[] = [
  { B: 2, h: 1, w: 2 },
  { B: 1, h: 2, w: 1 },
];

/** The symbol of a dimension such as "l" or "4*h", with its value. */
const bind = (d: string, extent: number): [string, number] => {
  const [factor, symbol] = /^(\d+)\*(\w+)$/.exec(d)?.slice(1) ?? ["1", d];
  return [symbol!, extent / Number(factor)];
};

/** A row whose symbols are given by an input of shape `named`, so that its reference can read them. */
function withSymbols(
  op: OpCase["op"],
  from: Shape,
  to: Shape,
  build: (x: Tensor, to: Shape) => Tensor,
  reference: (x: Nd, to: readonly number[]) => Nd,
  named: Shape = [],
  at: readonly Sizes[] = [...from, ...to, ...named].some((d) => typeof d === "string") ? sizes : [{}],
): OpCase {
  const bindings = (shape: readonly number[], declared: Shape): Record<string, number> =>
    Object.fromEntries(declared.flatMap((d, i) => (typeof d === "string" ? [bind(d, shape[i]!)] : [])));
  return {
    op,
    name: `[${from.join(", ")}] to [${to.join(", ")}]`,
    inputs: [f32(from), ...(named.length > 0 ? [f32(named)] : [])],
    sizes: at,
    build: (x, other) => {
      const y = build(x!, to);
      return other === undefined ? y : ops.add(y, ops.mul(ops.sum(other), 0));
    },
    reference: (x, other) => {
      const known = { ...bindings(x.shape, from), ...(other === undefined ? {} : bindings(other.shape, named)) };
      return reference(
        x,
        to.map((d: Dim) => known[d] ?? evaluateDim(d, known)),
      );
    },
  };
}

const reshape = (from: Shape, to: Shape, named?: Shape, at?: readonly Sizes[]): OpCase =>
  withSymbols("Reshape", from, to, ops.reshape, (x, shape) => ({ shape, data: x.data }), named, at);

const expand = (from: Shape, to: Shape, named?: Shape): OpCase =>
  withSymbols("Expand", from, to, ops.expand, (x, shape) => tabulate(shape, (i) => pick(x, i)), named);

const transpose = (shape: Shape, perm: readonly number[]): OpCase => ({
  op: "Transpose",
  name: `[${shape.join(", ")}] by ${perm.join(", ")}`,
  inputs: [f32(shape)],
  sizes: shape.some((d) => typeof d === "string") ? sizes : [{}],
  build: (x) => ops.transpose(x!, perm),
  reference: (x) =>
    tabulate(
      perm.map((p) => x.shape[p]!),
      (i) =>
        pick(
          x,
          perm.map((_, axis) => i[perm.indexOf(axis)]!),
        ),
    ),
});

const joined =
  (axis: number) =>
  (...parts: Nd[]): Nd => {
    const first = parts[0]!;
    const at = axis < 0 ? axis + first.shape.length : axis;
    const extent = parts.reduce((n, x) => n + x.shape[at]!, 0);
    return tabulate(put(first.shape, at, extent), (index) => {
      let rest = index[at]!;
      const part = parts.find((x) => {
        if (rest < x.shape[at]!) return true;
        rest -= x.shape[at]!;
        return false;
      })!;
      return pick(part, put(index, at, rest));
    });
  };

const concat = (axis: number, shapes: readonly Shape[], gradient: OpCase["gradient"] = "check"): OpCase => ({
  op: "Concat",
  name: `${shapes.map((s) => `[${s.join(", ")}]`).join(" ")} along ${axis}`,
  inputs: shapes.map((s) => f32(s)),
  sizes: shapes.flat().some((d) => typeof d === "string") ? sizes : [{}],
  build: (...parts) => ops.concat(parts, axis),
  reference: joined(axis),
  gradient,
});

function slice(
  shape: Shape,
  axis: number,
  start: number,
  end = Number.POSITIVE_INFINITY,
  step = 1,
  at = sizes,
): OpCase {
  return {
    op: "Slice",
    name: `[${shape.join(", ")}] axis ${axis}, ${start}:${end}:${step}`,
    inputs: [f32(shape)],
    sizes: shape.some((d) => typeof d === "string") ? at : [{}],
    build: (x) => ops.slice(x!, axis, start, end, step),
    reference: (x) => {
      const along = axis < 0 ? axis + shape.length : axis;
      const extent = x.shape[along]!;
      const stop = end < 0 ? extent + end : Math.min(end, extent);
      const length = Math.max(0, Math.ceil((stop - start) / step));
      return tabulate(put(x.shape, along, length), (i) => pick(x, put(i, along, start + step * i[along]!)));
    },
  };
}

const padded =
  (pads: readonly (readonly [number, number])[]) =>
  (x: Nd): Nd =>
    tabulate(
      x.shape.map((d, i) => d + pads[i]![0] + pads[i]![1]),
      (index) => {
        const inner = index.map((v, i) => v - pads[i]![0]);
        return inner.every((v, i) => v >= 0 && v < x.shape[i]!) ? pick(x, inner) : 0;
      },
    );

export const shapeCases: readonly OpCase[] = [
  reshape([2, 3, 4], [6, 4]),
  reshape([2, 3], [3, 2]),
  reshape([1, 1], []),
  reshape([], [1]),
  reshape(["B", "l", 8], ["B", "l", 2, 4]),
  reshape(["B", "l", 4], ["B*l", 4]),
  reshape(["B*l", 4], ["B", "l", 4], ["B", "l"], sizes),
  reshape(["B", 2, "l", 3], ["2*B", "l", 3]),
  reshape(["B", "l", 2, 2], ["B", "2*l", 2]),
  reshape(["B", 2, "4*h", "2*w"], ["B", 2, "8*h*w"], [], images),
  reshape(["B", 2, "4*h", "2*w"], ["B", 2, "h", 4, "w", 2], ["h", "w"], images),
  reshape(["B", 1, "p"], ["B", "p"]),
  transpose([2, 3], [1, 0]),
  transpose([2, 3, 4], [2, 0, 1]),
  transpose(["B", "l", 2, 3], [0, 2, 1, 3]),
  { ...transpose([2, 3], [1, 0]), name: "int64", inputs: [i64([2, 3])] },
  expand([3], [2, 3]),
  expand([2, 1], [2, 3]),
  expand([], [2, 2]),
  expand([1, 3], ["B", 3], ["B"]),
  expand(["B", 1], ["B", "l"], ["l"]),
  expand(["B", 1, 2], ["B", "l+p", 2], ["l", "p"]),
  concat(0, [
    [2, 3],
    [1, 3],
  ]),
  concat(-1, [
    [2, 1],
    [2, 3],
    [2, 2],
  ]),
  concat(1, [
    ["B", 1, 2],
    ["B", "l", 2],
  ]),
  concat(
    2,
    [
      ["B", 2, "p", 3],
      ["B", 2, "l", 3],
    ],
    "none",
  ),
  { ...concat(0, [[2], [3]]), name: "int64", inputs: [i64([2]), i64([3])] },
  slice([5], 0, 1, 3),
  slice([2, 5], 1, 0, 4),
  slice([2, 5], -1, 2),
  slice([2, 5], 1, 1, -1),
  slice([2, 6], 1, 0, Number.POSITIVE_INFINITY, 2),
  slice([2, 6], 1, 1, Number.POSITIVE_INFINITY, 2),
  slice([2, 7], 1, 1, 6, 3),
  slice([2, 7], 1, 0, 7, 2),
  slice([3, 2], 0, 1, 99),
  slice([3, 2], 0, 3),
  slice(["B", "l", 4], 2, 1, 3),
  slice(["B", "l+1", 2], 1, 1, undefined, 1, sizes),
  slice(["B", "l", 2], 1, 0, -1, 1, [
    { B: 2, l: 3 },
    { B: 2, l: 1 },
  ]),
  slice(["B", "2*l"], 1, 0, undefined, 2),
  slice(["B", "2*l"], 1, 1, undefined, 2),
  ...[
    [[1, 2]] as const,
    [
      [0, 0],
      [0, 1],
    ] as const,
    [
      [1, 0],
      [0, 2],
    ] as const,
  ].map(
    (pads): OpCase => ({
      op: "Pad",
      name: JSON.stringify(pads),
      inputs: [f32(pads.length === 1 ? [3] : ["B", "l"])],
      sizes: pads.length === 1 ? [{}] : sizes,
      build: (x) => pads.reduce((t, [before, after], axis) => ops.pad(t, axis, before, after), x!),
      reference: padded(pads),
    }),
  ),
  {
    op: "Pad",
    name: "an image",
    inputs: [f32(["B", 1, "h", "2*w"])],
    sizes: images,
    build: (x) => ops.padImage(x!, [1, 2, 0, 1]),
    reference: padded([
      [0, 0],
      [0, 0],
      [1, 0],
      [2, 1],
    ]),
  },
  {
    op: "Pad",
    name: "int64",
    inputs: [i64([2, 2])],
    build: (x) => ops.pad(x!, 1, 1, 1),
    reference: padded([
      [0, 0],
      [1, 1],
    ]),
  },
];
