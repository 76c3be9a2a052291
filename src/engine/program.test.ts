import { describe, expect, test } from "vitest";
import { gradients } from "./gradients.ts";
import { ops } from "./index.ts";
import { checkProgram, type Program, program, programText } from "./program.ts";
import { constant, input, param, scope, type Tensor } from "./tensor.ts";

const x = input("x", "float32", ["B", 3]);

describe("programText", () => {
  test("a small program", () => {
    const table = constant(Float32Array.of(1, 2, 3), [3]);
    const y = ops.softmax(ops.add(ops.mul(ops.slice(x, 1, 1), 2), ops.slice(table, 0, 1)));
    expect(programText(program("small", { y, x }))).toMatchInlineSnapshot(`
      "program small
        input x : float32[B, 3]
        %0 = Slice(x, axis=1, start=1, end=Infinity, step=1) : float32[B, 2]
        %1 = Mul(%0, 2) : float32[B, 2]
        %2 = constant(1, 2, 3) : float32[3]
        %3 = Slice(%2, axis=0, start=1, end=Infinity, step=1) : float32[2]
        %4 = Add(%1, %3) : float32[B, 2]
        %5 = Softmax(%4) : float32[B, 2]
        output y = %5 : float32[B, 2]
        output x = x : float32[B, 3]
      "
    `);
  });

  test("a linear layer's gradient holds no needless node", () => {
    const w = param("w", [4, 3]);
    const b = param("b", [4]);
    const logits = ops.add(ops.matmul(x, w, { transB: true }), b);
    const target = input("target", "int64", ["B", 1]);
    const loss = ops.neg(ops.mean(ops.gatherElements(ops.logSoftmax(logits), target, 1)));
    const [dw, db] = gradients(loss, [w, b]);
    expect(programText(program("linear", { loss, dw: dw!, db: db! }))).toMatchInlineSnapshot(`
      "program linear
        input x : float32[B, 3]
        param w : float32[4, 3]
        %0 = MatMul(x, w, transA=false, transB=true, alpha=1) : float32[B, 4]
        param b : float32[4]
        %1 = Add(%0, b) : float32[B, 4]
        %2 = LogSoftmax(%1) : float32[B, 4]
        input target : int64[B, 1]
        %3 = GatherElements(%2, target, axis=1) : float32[B, 1]
        %4 = ReduceMean(%3, axes=[0,1]) : float32[1, 1]
        %5 = Reshape(%4, shape=[]) : float32[]
        %6 = Neg(%5) : float32[]
        %7 = constant(-1) : float32[1, 1]
        %8 = Extent(shape=["B",1]) : float32[]
        %9 = Div(%7, %8) : float32[1, 1]
        %10 = Expand(%9, shape=["B",1]) : float32[B, 1]
        %11 = ScatterElements(target, %10, axis=1, size=4) : float32[B, 4]
        %12 = Exp(%2) : float32[B, 4]
        %13 = ReduceSum(%11, axes=[-1]) : float32[B, 1]
        %14 = Mul(%12, %13) : float32[B, 4]
        %15 = Sub(%11, %14) : float32[B, 4]
        %16 = MatMul(%15, x, transA=true, transB=false, alpha=1) : float32[4, 3]
        %17 = ReduceSum(%15, axes=[0]) : float32[1, 4]
        %18 = Reshape(%17, shape=[4]) : float32[4]
        output loss = %6 : float32[]
        output dw = %16 : float32[4, 3]
        output db = %18 : float32[4]
      "
    `);
  });

  test("a mean square's gradient broadcasts without stretching first", () => {
    const difference = ops.sub(x, param("m", [3]));
    const loss = ops.mean(ops.mul(difference, difference));
    expect(programText(program("square", { dx: gradients(loss, [x])[0]! }))).toMatchInlineSnapshot(`
      "program square
        %0 = constant(1) : float32[1, 1]
        %1 = Extent(shape=["B",3]) : float32[]
        %2 = Div(%0, %1) : float32[1, 1]
        input x : float32[B, 3]
        param m : float32[3]
        %3 = Sub(x, m) : float32[B, 3]
        %4 = Mul(%2, %3) : float32[B, 3]
        %5 = Add(%4, %4) : float32[B, 3]
        output dx = %5 : float32[B, 3]
      "
    `);
  });
});

describe("program", () => {
  test("one tensor under one name may be used often, two tensors may not share it", () => {
    expect(program("p", { y: ops.add(x, x) }).inputs).toEqual([x]);
    expect(() => program("p", { y: ops.add(x, input("x", "float32", ["B", 3])) })).toThrow(
      'program p: expected distinct names, got two different tensors named "x"',
    );
    expect(() => program("p", { x: ops.exp(x) })).toThrow(
      'program p: expected distinct names, got an output named like the input "x"',
    );
  });

  test("holds what outputs depend on, inputs first", () => {
    const unused = ops.exp(x);
    const y = ops.neg(ops.tanh(x));
    const { order } = program("p", { y });
    expect(order).toEqual([x, y.inputs[0], y]);
    expect(order).not.toContain(unused);
  });

  test("deep chains do not overflow the stack", () => {
    let y: Tensor = x;
    for (let i = 0; i < 20_000; i++) y = ops.neg(y);
    expect(program("deep", { y }).order).toHaveLength(20_001);
  });
});

describe("checkProgram names the node, its inputs' types and its origin", () => {
  const broken = (y: Tensor): Program => program("p", { y });
  const sum = scope("block", () => scope("ffn", () => ops.add(x, 1)));

  test("a sound program passes", () => {
    expect(() => checkProgram(broken(sum))).not.toThrow();
  });

  test("a wrong shape", () => {
    expect(() => checkProgram(broken({ ...sum, shape: ["B", 4] }))).toThrow(
      "program p: node %0 Add(float32[B, 3], float32[]) from block.ffn: expected type float32[B, 3], got float32[B, 4]",
    );
  });

  test("a wrong dtype", () => {
    expect(() => checkProgram(broken({ ...sum, dtype: "int64" }))).toThrow(
      "node %0 Add(float32[B, 3], float32[]) from block.ffn: expected type float32[B, 3], got int64[B, 3]",
    );
  });

  test("inputs that do not fit", () => {
    const other = input("other", "float32", ["B", 2]);
    expect(() => checkProgram(broken({ ...sum, inputs: [x, other] }))).toThrow(
      "program p: node %0 Add(float32[B, 3], float32[B, 2]) from block.ffn: Add of [B, 3] and [B, 2]: expected dimensions that are equal or 1, got 3 and 2",
    );
  });

  test("a use before the definition", () => {
    const p = broken(ops.neg(sum));
    expect(() => checkProgram({ ...p, order: [...p.order].reverse() })).toThrow(
      "program p: node %0 Neg(float32[B, 3]) from the top: expected inputs defined before use, got %1",
    );
  });
});
