/** Rows of float16: fed and read through casts, with numbers whose products and sums float16 holds exactly. */
import { ops, type Tensor } from "../../../src/engine/index.ts";
import { between, f32, type OpCase, whole } from "../case.ts";
import { convCases } from "./conv.ts";
import { matmulCases } from "./matmul.ts";

const EXACT = whole(-3, 3);

/** A row of float32 in float16. */
const inHalf = (list: readonly OpCase[], op: OpCase["op"], name: string): OpCase => {
  const row = list.find((c) => c.op === op && c.name === name);
  if (row === undefined) throw new Error(`conformance: expected a row ${op}: ${name}, got none`);
  return {
    ...row,
    name: `float16 ${name}`,
    inputs: row.inputs.map(({ shape }) => f32(shape, EXACT)),
    build: (...xs: Tensor[]) => ops.cast(row.build(...xs.map((x) => ops.cast(x, "float16"))), "float32"),
    gradient: "none",
  };
};

/** The nearest number of 11 significant bits. */
const rounded = (x: number): number => {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 10);
  return x === 0 ? 0 : Math.round(x / unit) * unit;
};

export const halfCases: readonly OpCase[] = [
  {
    op: "Cast",
    name: "float32 to float16 and back",
    inputs: [f32([64], between(0.25, 4))],
    build: (x) => ops.cast(ops.cast(x, "float16"), "float32"),
    reference: ({ shape, data }) => ({ shape, data: data.map(rounded) }),
    gradient: "none",
  },
  inHalf(matmulCases, "MatMul", "[B, l, 4] by [4, 3]"),
  inHalf(matmulCases, "MatMul", "[2, 3, 4] by [2, 4] transB alpha 0.25"),
  inHalf(convCases, "Conv", "3x3 same: [2, 2, 3, 4] by [3, 2, 3, 3]"),
  inHalf(convCases, "ConvTranspose", "stride 2: [1, 2, 2, 3] by [2, 2, 4, 4]"),
];
