import { type OpName, ops, type Shape, type Tensor } from "../../../src/engine/index.ts";
import { between, f32, type OpCase } from "../case.ts";
import { type Nd, pick, put, range, tabulate, total } from "../nd.ts";

/** Maps each line along the last axis. */
const lines = (f: (line: number[]) => number[]) => (x: Nd) => {
  const last = x.shape.length - 1;
  return tabulate(x.shape, (i) => f(range(x.shape[last]!).map((k) => pick(x, put(i, last, k))))[i[last]!]!);
};

const sizes = [
  { B: 2, l: 3, p: 0 },
  { B: 1, l: 2, p: 2 },
];

function overLast(
  op: OpName,
  build: (x: Tensor) => Tensor,
  line: (values: number[]) => number[],
  shapes: readonly Shape[] = [[5], [2, 5], [2, 2, 4], ["B", "l", 4]],
): OpCase[] {
  return shapes.map((shape) => ({
    op,
    name: `[${shape.join(", ")}]`,
    inputs: [f32(shape, between(-2, 2))],
    sizes: shape.some((d) => typeof d === "string") ? sizes : [{}],
    build,
    reference: lines(line),
    second: shape.length === 2,
  }));
}

const softmax = (line: number[]): number[] => {
  const sum = total(line.map(Math.exp));
  return line.map((v) => Math.exp(v) / sum);
};

const standardise = (epsilon: number) => (values: number[]) => {
  const mean = total(values) / values.length;
  const variance = total(values.map((v) => (v - mean) ** 2)) / values.length;
  return values.map((v) => (v - mean) / Math.sqrt(variance + epsilon));
};

const rms = (epsilon: number) => (values: number[]) => {
  const meanSquare = total(values.map((v) => v * v)) / values.length;
  return values.map((v) => v / Math.sqrt(meanSquare + epsilon));
};

const perChannel = (x: Nd): Nd => {
  const [, , ...rest] = x.shape;
  const inner = rest.reduce((n, d) => n * d, 1);
  const data = x.data.slice();
  for (let at = 0; at < data.length; at += inner) data.set(standardise(1e-6)([...x.data.slice(at, at + inner)]), at);
  return { shape: x.shape, data };
};

const instance = (shape: Shape, at: readonly Readonly<Record<string, number>>[] = [{}]): OpCase => ({
  op: "InstanceNorm",
  name: `[${shape.join(", ")}]`,
  inputs: [f32(shape, between(-1, 2))],
  sizes: at,
  build: (x) => ops.instanceNorm(x, 1e-6),
  reference: perChannel,
  second: at.length === 1,
});

const softmaxShapes: readonly Shape[] = [[5], [2, 5], [2, 2, 4], ["B", "l", 4], ["B", 2, "l", "l+p"]];

export const normalizeCases: readonly OpCase[] = [
  ...overLast("Softmax", ops.softmax, softmax, softmaxShapes),
  ...overLast("LogSoftmax", ops.logSoftmax, (line) => softmax(line).map(Math.log), softmaxShapes),
  ...overLast("LayerNorm", (x) => ops.layerNorm(x, 1e-6), standardise(1e-6)),
  ...overLast("LayerNorm", (x) => ops.layerNorm(x, 0.3), standardise(0.3), [[3, 4]]),
  ...overLast("RmsNorm", (x) => ops.rmsNorm(x, 1e-6), rms(1e-6)),
  ...overLast("RmsNorm", (x) => ops.rmsNorm(x, 0.3), rms(0.3), [[3, 4]]),
  {
    op: "RmsNorm",
    name: "l2Normalize",
    inputs: [f32(["B", 3, 4])],
    sizes,
    build: ops.l2Normalize,
    reference: lines((line) => line.map((v) => v / Math.hypot(...line))),
  },
  instance([2, 3, 4]),
  instance([1, 2, 3, 2]),
  instance(
    ["B", 2, "4*h", "2*l"],
    [
      { B: 2, h: 1, l: 1 },
      { B: 1, h: 2, l: 3 },
    ],
  ),
];
