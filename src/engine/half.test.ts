import { describe, expect, test } from "vitest";
import { toHalf } from "./half.ts";
import { input, ops, param, program } from "./index.ts";
import { checkProgram, programText } from "./program.ts";

const x = input("x", "float32", ["n", 4]);
const linear = (name: string, of: typeof x) =>
  ops.add(ops.matmul(of, param(`${name}.weight`, [4, 4]), { transB: true }), param(`${name}.bias`, [4]));
const options = { half: (name: string) => name.includes("kept"), exact: (name: string) => name === "logits" };

describe("half precision as a pass", () => {
  test("products and their biases in float16, norms and sums of branches in float32, exact outputs untouched", () => {
    const hidden = ops.gelu(linear("a", ops.layerNorm(x, 1e-6)));
    const stream = ops.add(x, linear("b", hidden));
    const halved = toHalf(program("net", { stream, logits: linear("head", stream) }), options);
    checkProgram(halved);
    expect(programText(halved)).toMatchInlineSnapshot(`
      "program net
        input x : float32[n, 4]
        %0 = LayerNorm(x, epsilon=0.000001) : float32[n, 4]
        %1 = Cast(%0, to="float16") : float16[n, 4]
        param a.weight : float16[4, 4]
        %2 = MatMul(%1, a.weight, transA=false, transB=true, alpha=1) : float16[n, 4]
        param a.bias : float32[4]
        %3 = Cast(a.bias, to="float16") : float16[4]
        %4 = Add(%2, %3) : float16[n, 4]
        %5 = Gelu(%4) : float16[n, 4]
        param b.weight : float16[4, 4]
        %6 = MatMul(%5, b.weight, transA=false, transB=true, alpha=1) : float16[n, 4]
        param b.bias : float32[4]
        %7 = Cast(b.bias, to="float16") : float16[4]
        %8 = Add(%6, %7) : float16[n, 4]
        %9 = Cast(%8, to="float32") : float32[n, 4]
        %10 = Add(x, %9) : float32[n, 4]
        param head.weight : float32[4, 4]
        %11 = MatMul(%10, head.weight, transA=false, transB=true, alpha=1) : float32[n, 4]
        param head.bias : float32[4]
        %12 = Add(%11, head.bias) : float32[n, 4]
        output stream = %10 : float32[n, 4]
        output logits = %12 : float32[n, 4]
      "
    `);
  });

  test("scores before a softmax stay in float32; what is kept stays in float16", () => {
    const k = ops.concat([input("kept", "float32", ["p", 4]), linear("k", x)], 0);
    const mixed = ops.matmul(ops.softmax(ops.matmul(linear("q", x), k, { transB: true })), k);
    const halved = toHalf(program("attention", { new_kept: k, mixed }), options);
    checkProgram(halved);
    expect(programText(halved)).toMatchInlineSnapshot(`
      "program attention
        input kept : float16[p, 4]
        input x : float32[n, 4]
        %0 = Cast(x, to="float16") : float16[n, 4]
        param k.weight : float16[4, 4]
        %1 = MatMul(%0, k.weight, transA=false, transB=true, alpha=1) : float16[n, 4]
        param k.bias : float32[4]
        %2 = Cast(k.bias, to="float16") : float16[4]
        %3 = Add(%1, %2) : float16[n, 4]
        %4 = Concat(kept, %3, axis=0) : float16[n+p, 4]
        param q.weight : float16[4, 4]
        %5 = MatMul(%0, q.weight, transA=false, transB=true, alpha=1) : float16[n, 4]
        param q.bias : float32[4]
        %6 = Cast(q.bias, to="float16") : float16[4]
        %7 = Add(%5, %6) : float16[n, 4]
        %8 = Cast(%7, to="float32") : float32[n, 4]
        %9 = Cast(%4, to="float32") : float32[n+p, 4]
        %10 = MatMul(%8, %9, transA=false, transB=true, alpha=1) : float32[n, n+p]
        %11 = Softmax(%10) : float32[n, n+p]
        %12 = Cast(%11, to="float16") : float16[n, n+p]
        %13 = MatMul(%12, %4, transA=false, transB=false, alpha=1) : float16[n, 4]
        %14 = Cast(%13, to="float32") : float32[n, 4]
        output new_kept = %4 : float16[n+p, 4]
        output mixed = %14 : float32[n, 4]
      "
    `);
  });

  test("kernels computed from weights are computed in float32, once", () => {
    const kernel = ops.reshape(ops.matmul(param("w", [2, 2]), param("u", [2, 2])), [2, 2, 1, 1]);
    const y = ops.conv(input("image", "float32", ["n", 2, "h", "w"]), kernel, param("bias", [2]));
    const halved = toHalf(program("conv", { y }), options);
    checkProgram(halved);
    expect(halved.params.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual([
      "w float32",
      "u float32",
      "bias float32",
    ]);
    expect(halved.outputs.y!.dtype).toBe("float32");
    expect(halved.order.find(({ op }) => op === "Conv")!.dtype).toBe("float16");
  });

  test("numbers that are no floats, and weights that are read as they are, keep their type", () => {
    const table = param("table", [5, 4]);
    const rows = ops.gather(table, input("ids", "int64", ["n"]));
    const halved = toHalf(program("rows", { y: ops.matmul(rows, param("w", [4, 4])), looks: ops.exp(table) }), options);
    checkProgram(halved);
    expect(halved.params.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual(["table float32", "w float16"]);
    expect(halved.inputs[0]!.dtype).toBe("int64");
  });
});
