import { expect, test } from "vitest";
import { checkProgram, input, ops, param, program } from "./index.ts";
import { productsWith, quantizeProducts } from "./quantize.ts";

const x = input("x", "float32", ["B", 4]);
const [first, second] = [param("first", [3, 4]), param("second", [2, 3])];
const hidden = ops.matmul(x, first, { transB: true });
const traced = program("two", {
  y: ops.matmul(ops.relu(hidden), second, { transB: true }),
  square: ops.matmul(x, x, { transB: true }),
});
const by = (name: string) => ({ weight: `${name}_int8`, scale: `${name}_scale`, digits: 1 as const });

test("products with parameters are found, others not", () => {
  expect(productsWith(traced).map(({ name }) => name)).toEqual(["first", "second"]);
});

test("listed products are rewritten, the others and all types stay", () => {
  const p = quantizeProducts(traced, (name) => (name === "first" ? by(name) : undefined));
  checkProgram(p);
  expect(p.params.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
    ["first_int8", "int8", [4, 3]],
    ["first_scale", "float32", [3]],
    ["second", "float32", [2, 3]],
  ]);
  expect(p.order.filter(({ op }) => op === "QuantizedMatMul").length).toBe(1);
  expect(p.outputs.y!.shape).toEqual(["B", 2]);
  expect(Object.keys(p.outputs)).toEqual(["y", "square"]);
});

test("a parameter of two products is one parameter after it", () => {
  const twice = program("twice", { y: ops.add(hidden, ops.matmul(ops.neg(x), first, { transB: true })) });
  const p = quantizeProducts(twice, by);
  checkProgram(p);
  expect(p.params.map(({ name }) => name)).toEqual(["first_int8", "first_scale"]);
});

test("a transposed or scaled product stays as it is", () => {
  const other = program("other", { y: ops.matmul(x, first, { transB: true, alpha: 0.5 }) });
  expect(quantizeProducts(other, by).params).toEqual([first]);
});
