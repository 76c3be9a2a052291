import { type DType, type OpName, ops, type Shape, type Tensor } from "../../../src/engine/index.ts";
import { awayFromZero, between, bool, distinct, f32, type InputSpec, i32, i64, listed, type OpCase } from "../case.ts";
import { broadcast, type Nd, pick, tabulate } from "../nd.ts";

const map = (f: (v: number) => number) => (x: Nd) => tabulate(x.shape, (i) => f(pick(x, i)));

function unary(
  op: OpName,
  build: (x: Tensor) => Tensor,
  value: (v: number) => number,
  values: InputSpec["values"] = between(-1.5, 1.5),
  second = false,
): OpCase[] {
  const row = { op, build, reference: map(value), second };
  return [
    { ...row, name: "rank 2", inputs: [f32([3, 4], values)] },
    { ...row, name: "rank 0", inputs: [f32([], values)] },
    {
      ...row,
      name: "symbolic",
      inputs: [f32(["B", 2, "l"], values)],
      sizes: [
        { B: 2, l: 3 },
        { B: 1, l: 0 },
      ],
    },
  ];
}

const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

const unaries: OpCase[] = [
  ...unary("Neg", ops.neg, (v) => -v),
  ...unary("Exp", ops.exp, Math.exp, undefined, true),
  ...unary("Log", ops.log, Math.log, between(0.5, 3), true),
  ...unary("Sqrt", ops.sqrt, Math.sqrt, between(0.5, 3), true),
  ...unary("Reciprocal", ops.reciprocal, (v) => 1 / v, between(0.5, 2), true),
  ...unary("Tanh", ops.tanh, Math.tanh, undefined, true),
  ...unary("Sigmoid", ops.sigmoid, (v) => 1 / (1 + Math.exp(-v)), undefined, true),
  ...unary("Relu", ops.relu, (v) => Math.max(v, 0), awayFromZero),
  ...unary("Abs", ops.abs, Math.abs, awayFromZero),
  ...unary("Sign", ops.sign, Math.sign, awayFromZero),
  ...unary("Sin", ops.sin, Math.sin, undefined, true),
  ...unary("Cos", ops.cos, Math.cos, undefined, true),
  ...unary(
    "LeakyRelu",
    (x) => ops.leakyRelu(x, 0.2),
    (v) => (v < 0 ? 0.2 * v : v),
    awayFromZero,
  ),
  ...unary("Gelu", ops.gelu, gelu, between(-3, 3), true),
  {
    ...unary("Sign", ops.sign, Math.sign)[0]!,
    name: "of zero",
    inputs: [f32([3], listed(-2, 0, 3))],
    gradient: "none",
  },
  {
    op: "StopGradient",
    name: "half of a sum",
    inputs: [f32([2, 3])],
    build: (x) => ops.add(x, ops.stopGradient(x)),
    reference: map((v) => 2 * v),
    gradient: (r) => [r],
  },
  { op: "Not", name: "flags", inputs: [bool([3, 4])], build: ops.not, reference: map((v) => 1 - v) },
];

const zip = (f: (a: number, b: number) => number) => (a: Nd, b: Nd) =>
  tabulate(broadcast(a, b), (i) => f(pick(a, i), pick(b, i)));

type Pair = readonly [Shape, Shape];
const fixedPairs: readonly Pair[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], []],
  [[], [2, 3]],
  [[2, 3], [3]],
  [[1], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[3], [2, 2, 1]],
];
const symbolicPairs: readonly Pair[] = [
  [
    ["B", 3],
    [1, 3],
  ],
  [
    ["B", 1],
    ["B", "l"],
  ],
  [["l"], ["B", 1, "l"]],
];
const sizes = [
  { B: 2, l: 3 },
  { B: 1, l: 1 },
  { B: 3, l: 0 },
];
const pairName = ([a, b]: Pair): string => `[${a.join(", ")}] with [${b.join(", ")}]`;

function binary(
  op: OpName,
  build: (a: Tensor, b: Tensor) => Tensor,
  value: (a: number, b: number) => number,
  [left, right]: readonly [InputSpec["values"], InputSpec["values"]] = [between(-2, 2), between(-2, 2)],
): OpCase[] {
  const row = { op, build, reference: zip(value) };
  return [
    ...fixedPairs.map((pair) => ({ ...row, name: pairName(pair), inputs: [f32(pair[0], left), f32(pair[1], right)] })),
    ...symbolicPairs.map((pair) => ({
      ...row,
      name: pairName(pair),
      inputs: [f32(pair[0], left), f32(pair[1], right)],
      sizes,
    })),
  ];
}

const integers = (op: OpName, build: (a: Tensor, b: Tensor) => Tensor, value: (a: number, b: number) => number) =>
  [i64, i32].map(
    (make): OpCase => ({
      op,
      name: make([]).dtype!,
      inputs: [make([2, 3]), make([3], listed(2, -1, 3))],
      build,
      reference: zip(value),
    }),
  );

const apart = [distinct(0), distinct(0.05)] as const;
const binaries: OpCase[] = [
  ...binary("Add", ops.add, (a, b) => a + b),
  ...binary("Sub", ops.sub, (a, b) => a - b),
  ...binary("Mul", ops.mul, (a, b) => a * b).map((c) => ({ ...c, second: true })),
  ...binary("Div", ops.div, (a, b) => a / b, [between(-2, 2), between(0.7, 2)]).map((c) => ({ ...c, second: true })),
  ...binary("Min", ops.min, Math.min, apart),
  ...binary("Max", ops.max, Math.max, apart),
  ...integers("Add", ops.add, (a, b) => a + b),
  ...integers("Sub", ops.sub, (a, b) => a - b),
  ...integers("Mul", ops.mul, (a, b) => a * b),
  ...integers("Div", ops.div, (a, b) => Math.trunc(a / b)),
  ...integers("Min", ops.min, Math.min),
  ...integers("Max", ops.max, Math.max),
  {
    op: "Sub",
    name: "number first",
    inputs: [f32([2, 3])],
    build: (x) => ops.sub(2.5, x),
    reference: map((v) => 2.5 - v),
  },
  {
    op: "Mul",
    name: "a tensor with itself",
    inputs: [f32([2, 3])],
    build: (x) => ops.mul(x, x),
    reference: map((v) => v * v),
    second: true,
  },
  {
    op: "Max",
    name: "ties go to the first",
    inputs: [f32([3], listed(1, 2, 3)), f32([3], listed(1, 3, 2))],
    build: ops.max,
    reference: zip(Math.max),
    gradient: (r) => [
      tabulate([3], ([i]) => [1, 0, 1][i!]! * r.data[i!]!),
      tabulate([3], ([i]) => (i === 1 ? r.data[1]! : 0)),
    ],
  },
];

function comparison(
  op: OpName,
  build: (a: Tensor, b: Tensor) => Tensor,
  value: (a: number, b: number) => boolean,
): OpCase[] {
  const reference = zip((a, b) => Number(value(a, b)));
  const quarters = listed(0, 0.5, -0.5, 0.25, 1);
  const kinds: readonly [DType, (shape: Shape) => InputSpec][] = [
    ["float32", (shape) => f32(shape, quarters)],
    ["int64", (shape) => i64(shape)],
    ["int32", (shape) => i32(shape)],
  ];
  return kinds.flatMap(([dtype, make]) =>
    [fixedPairs[0]!, fixedPairs[3]!, fixedPairs[5]!].map((pair) => ({
      op,
      name: `${dtype} ${pairName(pair)}`,
      inputs: [make(pair[0]), make(pair[1])],
      build,
      reference,
    })),
  );
}

const choose = (c: Nd, a: Nd, b: Nd): Nd =>
  tabulate(broadcast(c, a, b), (i) => (pick(c, i) === 1 ? pick(a, i) : pick(b, i)));

const cast = (from: InputSpec, to: DType, value: (v: number) => number): OpCase => ({
  op: "Cast",
  name: `${from.dtype ?? "float32"} to ${to}`,
  inputs: [from],
  build: (x) => ops.cast(x, to),
  reference: map(value),
  gradient: "none",
});

export const elementwiseCases: readonly OpCase[] = [
  ...unaries,
  ...binaries,
  ...comparison("Equal", ops.equal, (a, b) => a === b),
  ...comparison("Less", ops.less, (a, b) => a < b),
  ...comparison("Greater", ops.greater, (a, b) => a > b),
  {
    op: "And",
    name: "broadcast",
    inputs: [bool([4, 1]), bool([3])],
    build: ops.and,
    reference: zip((a, b) => a * b),
  },
  {
    op: "Where",
    name: "one shape",
    inputs: [bool([2, 3]), f32([2, 3]), f32([2, 3])],
    build: ops.where,
    reference: choose,
  },
  { op: "Where", name: "broadcast", inputs: [bool([2, 1]), f32([3]), f32([])], build: ops.where, reference: choose },
  {
    op: "Where",
    name: "symbolic",
    inputs: [bool(["l", 1]), f32(["B", "l", 2]), f32([1, 2])],
    sizes,
    build: ops.where,
    reference: choose,
    second: true,
  },
  { op: "Where", name: "int64", inputs: [bool([2, 3]), i64([2, 3]), i64([3])], build: ops.where, reference: choose },
  cast(f32([4], listed(-1.75, 0, 0.5, 2.5)), "int64", Math.trunc),
  cast(f32([4], listed(-1.75, 0, 0.5, 2.5)), "int32", Math.trunc),
  cast(f32([4], listed(-1.75, 0, 0.5, 2.5)), "bool", (v) => Number(v !== 0)),
  cast(i64([2, 3]), "float32", (v) => v),
  cast(i64([2, 3]), "int32", (v) => v),
  cast(i32([2, 3]), "int64", (v) => v),
  cast(bool([2, 3]), "float32", (v) => v),
];
