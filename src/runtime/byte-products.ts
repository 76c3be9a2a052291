/** Whether this processor's products of bytes are exact. */
import type { InferenceSession, TypedTensor } from "onnxruntime-common";
import { type DigitBits, input, ops, param, program, toOnnx } from "../engine/index.ts";

const [ROWS, INNER, COLUMNS] = [5, 64, 64];

/** A product whose sums of two are the largest that occur. */
const largest = program("byte_products", {
  y: ops.quantizedMatmul(
    input("x", "float32", [ROWS, INNER]),
    param("w", [INNER, COLUMNS], "int8"),
    param("scale", [COLUMNS]),
  ),
});

/** Runs a model's bytes on ones [5, 64]. */
export type RunOnce = (model: Uint8Array, x: Float32Array, dims: readonly number[]) => Promise<Float32Array>;

/**
 * How many bits of a digit products of bytes take exactly: processors with VNNI and ARM's add four products in 32 bits; x64 without
 * VNNI adds two in 16, which overflow (vpmaddubsw), so that seven bits are what it can take.
 */
export async function exactDigitBits(run: RunOnce): Promise<DigitBits> {
  const values: Readonly<Record<string, ArrayBufferView>> = {
    w: new Int8Array(INNER * COLUMNS).fill(127),
    scale: new Float32Array(COLUMNS).fill(1),
  };
  const model = toOnnx(largest, {
    provider: "cpu",
    place: ({ name }) => ({ kind: "inline", bytes: new Uint8Array(values[name!]!.buffer) }),
  });
  const y = await run(model, new Float32Array(ROWS * INNER).fill(1), [ROWS, INNER]);
  return y.every((value) => Math.abs(value - INNER * 127) < 1) ? 8 : 7;
}

/** {@link exactDigitBits} by ONNX Runtime's module. */
export async function exactDigitBitsOf(ort: {
  readonly InferenceSession: { create(model: Uint8Array): Promise<InferenceSession> };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => TypedTensor<"float32">;
}): Promise<DigitBits> {
  return exactDigitBits(async (model, x, dims) => {
    const session = await ort.InferenceSession.create(model);
    const { y } = await session.run({ x: new ort.Tensor("float32", x, dims) });
    await session.release();
    return y!.data as Float32Array;
  });
}
