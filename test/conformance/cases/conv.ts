import { type ConvAttrs, ops, type Shape } from "../../../src/engine/index.ts";
import { f32, type OpCase } from "../case.ts";
import { type Nd, pick, range, tabulate, total } from "../nd.ts";

const defaults: ConvAttrs = { strides: [1, 1], pads: [0, 0, 0, 0] };

const inside = (x: Nd, n: number, c: number, i: number, j: number): number =>
  i >= 0 && j >= 0 && i < x.shape[2]! && j < x.shape[3]! ? pick(x, [n, c, i, j]) : 0;

const convolve =
  ({ strides, pads }: ConvAttrs) =>
  (x: Nd, w: Nd, bias?: Nd): Nd => {
    const [N, I, H, W] = x.shape as [number, number, number, number];
    const [O, , kh, kw] = w.shape as [number, number, number, number];
    const h = Math.floor((H + pads[0] + pads[2] - kh) / strides[0]) + 1;
    const wide = Math.floor((W + pads[1] + pads[3] - kw) / strides[1]) + 1;
    return tabulate([N, O, h, wide], ([n, o, i, j]) => {
      const tap = (c: number, y: number, z: number): number =>
        pick(w, [o!, c, y, z]) * inside(x, n!, c, i! * strides[0] + y - pads[0], j! * strides[1] + z - pads[1]);
      const sum = total(range(I).map((c) => total(range(kh).map((y) => total(range(kw).map((z) => tap(c, y, z)))))));
      return sum + (bias === undefined ? 0 : bias.data[o!]!);
    });
  };

type Transposed = ConvAttrs & { readonly outputPadding: readonly [number, number] };

const convolveTransposed =
  ({ strides, pads, outputPadding }: Transposed) =>
  (x: Nd, w: Nd, bias?: Nd): Nd => {
    const [N, O, h, wide] = x.shape as [number, number, number, number];
    const [, I, kh, kw] = w.shape as [number, number, number, number];
    const H = (h - 1) * strides[0] + kh - pads[0] - pads[2] + outputPadding[0];
    const W = (wide - 1) * strides[1] + kw - pads[1] - pads[3] + outputPadding[1];
    return tabulate([N, I, H, W], ([n, c, i, j]) => {
      const tap = (o: number, y: number, z: number): number => {
        const row = (i! + pads[0] - y) / strides[0];
        const column = (j! + pads[1] - z) / strides[1];
        const hit = Number.isInteger(row) && Number.isInteger(column);
        return hit ? pick(w, [o, c!, y, z]) * inside(x, n!, o, row, column) : 0;
      };
      const sum = total(range(O).map((o) => total(range(kh).map((y) => total(range(kw).map((z) => tap(o, y, z)))))));
      return sum + (bias === undefined ? 0 : bias.data[c!]!);
    });
  };

const sizes = [
  { B: 2, h: 1, w: 2 },
  { B: 1, h: 2, w: 1 },
];
const symbolic = (shape: Shape): boolean => shape.some((d) => typeof d === "string");

function conv(name: string, x: Shape, w: readonly number[], attrs: Partial<ConvAttrs>, bias = true): OpCase {
  return {
    op: "Conv",
    name: `${name}: [${x.join(", ")}] by [${w.join(", ")}]`,
    inputs: [f32(x), f32(w), ...(bias ? [f32([w[0]!])] : [])],
    sizes: symbolic(x) ? sizes : [{}],
    build: (data, kernel, b) => ops.conv(data!, kernel!, b, attrs),
    reference: convolve({ ...defaults, ...attrs }),
  };
}

function transposed(name: string, x: Shape, w: readonly number[], attrs: Partial<Transposed>, bias = true): OpCase {
  return {
    op: "ConvTranspose",
    name: `${name}: [${x.join(", ")}] by [${w.join(", ")}]`,
    inputs: [f32(x), f32(w), ...(bias ? [f32([w[1]!])] : [])],
    sizes: symbolic(x) ? sizes : [{}],
    build: (data, kernel, b) => ops.convTranspose(data!, kernel!, b, attrs),
    reference: convolveTransposed({ ...defaults, outputPadding: [0, 0], ...attrs }),
  };
}

export const convCases: readonly OpCase[] = [
  conv("1x1", [2, 3, 2, 3], [4, 3, 1, 1], {}),
  { ...conv("1x1 without bias", [1, 3, 2, 2], [2, 3, 1, 1], {}, false), second: true },
  { ...conv("3x3 same", [2, 2, 3, 4], [3, 2, 3, 3], { pads: [1, 1, 1, 1] }), second: true },
  conv("3x3 valid", [1, 2, 4, 5], [2, 2, 3, 3], {}, false),
  conv("3x2 kernel", [1, 2, 4, 4], [2, 2, 3, 2], { pads: [1, 0, 1, 1] }),
  conv("more padding than kernel", [1, 1, 2, 2], [1, 1, 2, 2], { pads: [2, 2, 2, 2] }),
  {
    ...conv("stride 2, padded right and below", [1, 2, 4, 6], [2, 2, 3, 3], { strides: [2, 2], pads: [0, 0, 1, 1] }),
    second: true,
  },
  conv("stride 2, a row and column unused", [1, 2, 6, 4], [2, 2, 3, 3], { strides: [2, 2] }),
  conv("stride 2, 4x4 kernel", [1, 2, 6, 6], [2, 2, 4, 4], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  conv("strides 2 and 1", [1, 1, 5, 4], [2, 1, 3, 3], { strides: [2, 1], pads: [1, 1, 1, 1] }),
  conv("stride 4, 4x4 patches", [2, 1, 8, 4], [3, 1, 4, 4], { strides: [4, 4] }),
  conv("symbolic batch", ["B", 2, 3, 3], [2, 2, 3, 3], { pads: [1, 1, 1, 1] }),
  conv("symbolic 3x3 same", ["B", 1, "2*h", "w"], [2, 1, 3, 3], { pads: [1, 1, 1, 1] }),
  conv("symbolic stride 2", ["B", 1, "4*h", "4*w"], [1, 1, 3, 3], { strides: [2, 2], pads: [0, 0, 1, 1] }),
  conv("symbolic stride 2 of 16*h", [1, 1, "16*h", 2], [1, 1, 3, 3], { strides: [2, 2], pads: [0, 0, 1, 1] }, false),
  conv("symbolic stride 2, 4x4 kernel", [1, 1, "4*h", "4*w"], [1, 1, 4, 4], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  transposed("stride 1", [1, 2, 3, 3], [2, 3, 3, 3], {}),
  transposed("padded", [2, 2, 3, 4], [2, 1, 3, 3], { pads: [1, 1, 1, 1] }, false),
  transposed("stride 2", [1, 2, 2, 3], [2, 2, 4, 4], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  transposed("stride 2, output padding", [1, 2, 2, 3], [2, 1, 3, 3], {
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    outputPadding: [1, 1],
  }),
  transposed("symbolic", ["B", 1, "h", "2*w"], [1, 2, 4, 4], { strides: [2, 2], pads: [1, 1, 1, 1] }),
];
