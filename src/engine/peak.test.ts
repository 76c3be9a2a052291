import { describe, expect, it } from "vitest";
import { input, ops, type Program, param, peakFormula, program } from "./index.ts";

const peakBytes = (p: Program, symbols: Record<string, number>): number => peakFormula(p)(symbols);
const x = () => input("x", "float32", ["n", "n"]);

describe("peakFormula", () => {
  it("counts the results that are alive together, and outputs to the end", () => {
    const a = ops.matmul(input("x", "float32", ["n", 8]), param("w", [8, 8]));
    const p = program("two", { a, b: ops.transpose(a, [1, 0]) });
    expect(peakBytes(program("one", { a }), { n: 8 })).toBe(8 * 8 * 4);
    expect(peakBytes(p, { n: 8 })).toBe(2 * 8 * 8 * 4);
  });

  it("lets element-wise operations and softmax write over an operand that nothing else reads", () => {
    const one = x();
    const scores = ops.matmul(one, one, { transB: true });
    expect(peakBytes(program("softmax", { y: ops.softmax(scores) }), { n: 100 })).toBe(4e4);
    const kept = program("kept", { y: ops.softmax(scores), scores });
    expect(peakBytes(kept, { n: 100 })).toBe(8e4);
  });

  it("uses a buffer again for a later result of its shape, and keeps it until then", () => {
    let y = ops.transpose(x(), [1, 0]);
    for (let i = 0; i < 6; i++) y = ops.transpose(ops.exp(y), [1, 0]);
    expect(peakBytes(program("chain", { y: ops.reduceSum(y, [0, 1]) }), { n: 10 })).toBe(2 * 400);
  });

  it("counts nothing for what depends on parameters alone, nor for views", () => {
    const folded = ops.mul(param("w", [1000]), 2);
    const y = ops.reshape(ops.add(x(), ops.reduceSum(folded, [0])), ["n*n"]);
    expect(peakBytes(program("folded", { y }), { n: 10 })).toBe(400);
  });

  it("adds the work space of a transposed convolution", () => {
    const image = input("image", "float32", ["B", 2, "h", "w"]);
    const y = ops.convTranspose(image, param("w", [2, 3, 4, 4]), param("b", [3]), {
      strides: [2, 2],
      pads: [1, 1, 1, 1],
    });
    const p = program("up", { y });
    expect(peakBytes(p, { B: 1, h: 5, w: 5 })).toBe(4 * (3 * 10 * 10 + 3 * 16 * 25));
  });
});
