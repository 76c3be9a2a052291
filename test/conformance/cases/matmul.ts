import { ops, type Shape } from "../../../src/engine/index.ts";
import { f32, type OpCase } from "../case.ts";
import { broadcast, type Nd, pick, range, tabulate, total } from "../nd.ts";

interface Options {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
}

const product =
  ({ transA = false, transB = false, alpha = 1 }: Options) =>
  (a: Nd, b: Nd): Nd => {
    const lead = broadcast({ ...a, shape: a.shape.slice(0, -2) }, { ...b, shape: b.shape.slice(0, -2) });
    const m = a.shape.at(transA ? -1 : -2)!;
    const inner = a.shape.at(transA ? -2 : -1)!;
    const n = b.shape.at(transB ? -2 : -1)!;
    return tabulate([...lead, m, n], (index) => {
      const at = index.slice(0, -2);
      const [i, j] = index.slice(-2) as [number, number];
      const term = (k: number): number =>
        pick(a, [...at, ...(transA ? [k, i] : [i, k])]) * pick(b, [...at, ...(transB ? [j, k] : [k, j])]);
      return alpha * total(range(inner).map(term));
    });
  };

const sizes = [
  { B: 2, l: 3, p: 2 },
  { B: 1, l: 1, p: 0 },
];

function row(a: Shape, b: Shape, options: Options = {}, second = false): OpCase {
  const { transA = false, transB = false, alpha = 1 } = options;
  const flags = `${transA ? " transA" : ""}${transB ? " transB" : ""}${alpha === 1 ? "" : ` alpha ${alpha}`}`;
  return {
    op: "MatMul",
    name: `[${a.join(", ")}] by [${b.join(", ")}]${flags}`,
    inputs: [f32(a), f32(b)],
    sizes: [...a, ...b].some((d) => typeof d === "string") ? sizes : [{}],
    build: (x, y) => ops.matmul(x, y, options),
    reference: product(options),
    second,
  };
}

export const matmulCases: readonly OpCase[] = [
  row([2, 3], [3, 4], {}, true),
  row([3, 2], [3, 4], { transA: true }, true),
  row([2, 3], [4, 3], { transB: true }, true),
  row([3, 2], [4, 3], { transA: true, transB: true, alpha: 0.5 }, true),
  row([2, 3], [3, 4], { alpha: -2 }),
  row([2, 3, 4], [4, 2]),
  row([2, 3, 4], [2, 4], { transB: true, alpha: 0.25 }, true),
  row([2, 4, 3], [4, 2], { transA: true }),
  row([2, 4, 3], [2, 4], { transA: true, transB: true }),
  row([3, 4], [2, 4, 2]),
  row([4, 3], [2, 2, 4], { transA: true, transB: true }),
  row([2, 3, 4], [2, 4, 2], {}, true),
  row([2, 1, 3, 4], [3, 4, 2]),
  row([2, 1, 3, 4], [1, 2, 2, 4], { transB: true, alpha: 0.5 }),
  row(["B", "l", 4], [4, 3]),
  row(["B", "l", 4], [3, 4], { transB: true }),
  row(["B", 2, "l", 4], ["B", 2, "l+p", 4], { transB: true, alpha: 0.5 }),
  row(["B", 2, "l", "p+1"], ["B", 2, "p+1", 3]),
  row([2, 0], [0, 3]),
  { ...row([2, 3], [3, 0]), gradient: "none" },
  { ...row([0, 3], [3, 2]), gradient: "none" },
];
