import { describe, expect, test } from "vitest";
import { ops } from "./index.ts";
import { constant, input, scalar, scope } from "./tensor.ts";

const x = input("x", "float32", ["B", 3]);

describe("nothing is built for nothing", () => {
  test.each([
    ["x + 0", ops.add(x, 0)],
    ["0 + x", ops.add(0, x)],
    ["x − 0", ops.sub(x, 0)],
    ["x · 1", ops.mul(x, 1)],
    ["1 · x", ops.mul(1, x)],
    ["x / 1", ops.div(x, 1)],
    ["the same shape", ops.reshape(x, ["B", 3])],
    ["the same order", ops.transpose(x, [0, 1])],
    ["the whole axis", ops.slice(x, 1, 0)],
    ["no padding", ops.pad(x, 0, 0, 0)],
    ["one part", ops.concat([x], 0)],
    ["the same dtype", ops.cast(x, "float32")],
  ])("%s", (_name, y) => {
    expect(y).toBe(x);
  });

  test("operands that are not neutral stay", () => {
    const one = constant(Float32Array.of(1), [1, 1, 1]);
    expect(ops.mul(x, one).shape).toEqual([1, "B", 3]);
    expect(ops.sub(0, x).op).toBe("Sub");
    expect(ops.div(1, x).op).toBe("Div");
    expect(ops.max(x, 0).op).toBe("Max");
    expect(ops.add(input("i", "int64", [2]), 0).op).toBe("Add");
  });

  test("known numbers are computed", () => {
    expect(ops.div(scalar(3), constant(Float32Array.of(2), [1]))).toMatchObject({
      shape: [1],
      data: Float32Array.of(1.5),
    });
    expect(ops.neg(scalar(2)).data).toEqual(Float32Array.of(-2));
    expect(ops.reshape(scalar(2), [1, 1])).toMatchObject({ kind: "constant", shape: [1, 1] });
  });

  test("an operand that the other one stretches is not stretched first", () => {
    const row = input("row", "float32", [3]);
    const stretched = ops.expand(row, ["B", 3]);
    expect(ops.mul(stretched, x).inputs).toEqual([row, x]);
    expect(ops.mul(x, stretched).inputs).toEqual([x, row]);
    expect(ops.mul(stretched, row).inputs).toEqual([stretched, row]);
    expect(ops.add(stretched, ops.expand(row, ["B", 3])).shape).toEqual(["B", 3]);
  });
});

describe("errors name the operation, what it expects and what it got", () => {
  const ids = input("ids", "int64", ["B"]);
  test.each<[string, () => unknown, string]>([
    ["dtype", () => ops.exp(ids), "Exp: expected a float32 tensor, got int64[B]"],
    [
      "two dtypes",
      () => ops.add(x, ids),
      "Add: expected two tensors of one numeric dtype, got float32[B, 3], int64[B]",
    ],
    [
      "inner extents",
      () => ops.matmul(x, x),
      "MatMul: expected equal inner dimensions (transA false, transB false), got float32[B, 3], float32[B, 3]",
    ],
    ["elements", () => ops.reshape(x, ["B", 4]), "Reshape: expected as many elements as [B, 4], got float32[B, 3]"],
    ["axis", () => ops.reduceSum(x, [2]), "ReduceSum: expected an axis in -2..1, got 2"],
    [
      "channels",
      () => ops.conv(input("i", "float32", [1, 2, 4, 4]), input("w", "float32", [1, 3, 3, 3]), undefined),
      "Conv: expected as many input channels as the kernel's second axis",
    ],
    [
      "stride",
      () =>
        ops.conv(input("i", "float32", [1, 1, "h", 4]), input("w", "float32", [1, 1, 2, 2]), undefined, {
          strides: [2, 2],
        }),
      "expected h-2 to be divisible by 2",
    ],
    ["no tensor", () => ops.add(1, 2), "Add: expected at least one tensor, got numbers"],
    ["parts", () => ops.split(x, 1, 2), "split: expected an axis of fixed extent divisible by 2, got 3"],
    ["values", () => constant(Float32Array.of(1), [2]), "constant: expected 2 values for shape [2], got 1"],
  ])("%s", (_name, build, message) => {
    expect(build).toThrow(message);
  });

  test("the scope leads", () => {
    expect(() => scope("blocks.3", () => scope("attn", () => ops.exp(ids)))).toThrow(
      "blocks.3.attn: Exp: expected a float32 tensor, got int64[B]",
    );
    expect(ops.exp(x).origin).toBe("");
  });
});
