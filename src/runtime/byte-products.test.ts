import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { input, ops, param, program, toOnnx } from "../engine/index.ts";
import { exactDigitBits, exactDigitBitsOf } from "./byte-products.ts";

test("exact sums give a whole byte, overflowing ones seven bits", async () => {
  expect(await exactDigitBits(async () => new Float32Array(5 * 64).fill(64 * 127))).toBe(8);
  expect(await exactDigitBits(async () => new Float32Array(5 * 64).fill(32 * 127))).toBe(7);
});

test("this processor's digit is exact", async () => {
  expect([7, 8]).toContain(await exactDigitBitsOf(ort));
});

test("a product in seven bits is near the one in floats", async () => {
  const [K, N] = [32, 4];
  const p = program("seven", {
    y: ops.quantizedMatmul(input("x", "float32", [1, K]), param("w", [K, N], "int8"), param("scale", [N])),
  });
  const w = Int8Array.from({ length: K * N }, (_, i) => ((i * 37) % 255) - 127);
  const values: Record<string, ArrayBufferView> = { w, scale: new Float32Array(N).fill(0.01) };
  const model = toOnnx(p, {
    provider: "cpu",
    digitBits: 7,
    place: ({ name }) => ({ kind: "inline", bytes: new Uint8Array(values[name!]!.buffer) }),
  });
  const session = await ort.InferenceSession.create(model);
  const x = Float32Array.from({ length: K }, (_, k) => Math.sin(k));
  const { y } = await session.run({ x: new ort.Tensor("float32", x, [1, K]) });
  for (let n = 0; n < N; n++) {
    const exact = x.reduce((sum, value, k) => sum + value * w[k * N + n]! * 0.01, 0);
    const bound = x.reduce((sum, _, k) => sum + (0.51 / 63) * Math.abs(w[k * N + n]!) * 0.01, 0);
    expect(Math.abs((y!.data[n] as number) - exact)).toBeLessThanOrEqual(bound);
  }
  await session.release();
});
