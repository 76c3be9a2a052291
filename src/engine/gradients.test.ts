import { describe, expect, test } from "vitest";
import { gradients } from "./gradients.ts";
import { ops } from "./index.ts";
import { checkProgram, program, programText } from "./program.ts";
import { input, param } from "./tensor.ts";

const x = input("x", "float32", ["B", 3]);
const w = param("w", [3]);

describe("gradients", () => {
  test("of a loss that is no float32 scalar", () => {
    expect(() => gradients(x, [x])).toThrow("gradients: expected a float32 scalar loss, got float32[B, 3]");
  });

  test("zeros where the loss does not depend on a tensor", () => {
    const [dw] = gradients(ops.sum(ops.exp(x)), [w]);
    expect(programText(program("p", { dw: dw! }))).toMatchInlineSnapshot(`
      "program p
        %0 = Expand(0, shape=[3]) : float32[3]
        output dw = %0 : float32[3]
      "
    `);
  });

  test("no nodes for tensors that were not asked for", () => {
    const [dw] = gradients(ops.sum(ops.mul(x, w)), [w]);
    const p = program("p", { dw: dw! });
    checkProgram(p);
    expect(programText(p)).toMatchInlineSnapshot(`
      "program p
        %0 = constant(1) : float32[1, 1]
        input x : float32[B, 3]
        %1 = Mul(%0, x) : float32[B, 3]
        %2 = ReduceSum(%1, axes=[0]) : float32[1, 3]
        %3 = Reshape(%2, shape=[3]) : float32[3]
        output dw = %3 : float32[3]
      "
    `);
  });

  test("of an inner tensor stops there", () => {
    const inner = ops.exp(x);
    const [d] = gradients(ops.sum(ops.tanh(inner)), [inner]);
    expect(program("p", { d: d! }).order.filter((t) => t.op === "Exp")).toEqual([inner]);
    expect(d!.shape).toEqual(inner.shape);
  });

  test("of the loss itself is one", () => {
    const loss = ops.sum(x);
    expect(gradients(loss, [loss])[0]!.data).toEqual(Float32Array.of(1));
  });

  test("paths that meet are added", () => {
    const [dx] = gradients(ops.sum(ops.add(ops.exp(x), ops.sin(x))), [x]);
    expect(dx!.op).toBe("Add");
  });

  test("an extent that only a run knows is named where a gradient needs it", () => {
    const past = input("past", "float32", ["B", "p", 3]);
    const now = input("now", "float32", ["B", "l", 3]);
    expect(() => gradients(ops.sum(ops.exp(ops.concat([past, now], 1))), [past])).toThrow(
      "Concat: gradient expected fixed extents before the last input, got p",
    );
  });
});
