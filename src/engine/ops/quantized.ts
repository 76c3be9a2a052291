import type { Tensor } from "../tensor.ts";
import type { OpAttrs, OpName } from "./attrs.ts";
import { type Emitter, fail, type OpDef } from "./def.ts";

/** In place of the unit of a row that is all zero. */
const TINY = 1e-30;

function then(e: Emitter, op: string, inputs: readonly string[]): string {
  const out = e.temp();
  e.node(op, inputs, [out]);
  return out;
}

/** The least or largest of every row. */
function ofRows(e: Emitter, op: "ReduceMin" | "ReduceMax", x: string, rank: number): string {
  const out = e.temp();
  e.node(op, [x, e.ints([rank - 1])], [out], { keepdims: { int: 1 } });
  return out;
}

/** The byte that stands for zero, and the largest whole number that is above it. */
function bytesOf({ digitBits }: Emitter, zero: 128 | 32): { zero: number; above: number } {
  const middle = digitBits === 8 ? zero : zero / 2;
  return { zero: middle, above: 2 ** digitBits - 1 - middle };
}

export const quantized = {
  // x [.., K] · w [K, N] · scale [N]: every row is divided by a unit of its own, so that its largest magnitude fits a byte, and
  // rounded to whole numbers, so that no row depends on another. A second digit holds what the first leaves.
  QuantizedMatMul: {
    arity: 3,
    infer: (inputs) => {
      const [x, w, scale] = inputs as [Tensor, Tensor, Tensor];
      const [K, N] = w.shape;
      const fits = x.shape.length >= 2 && w.shape.length === 2 && x.shape.at(-1) === K && scale.shape.length === 1;
      if (x.dtype !== "float32" || w.dtype !== "int8" || scale.dtype !== "float32" || !fits || scale.shape[0] !== N)
        fail("QuantizedMatMul", "float32 [.., K], int8 [K, N] and float32 [N]", inputs);
      return { dtype: "float32", shape: [...x.shape.slice(0, -1), N!] };
    },
    // Inference only.
    grad: null,
    emit: (e, { digits, zero }, inputs) => {
      if (e.provider === "webgpu") throw new Error("QuantizedMatMul: expected cpu or wasm, got webgpu");
      const [x, w, scale] = e.inputs as [string, string, string];
      const rank = inputs[0]!.shape.length;
      const middle = bytesOf(e, zero);
      const largest = then(e, "Mul", [ofRows(e, "ReduceMax", x, rank), e.floats(1 / middle.above, null)]);
      const least = then(e, "Mul", [
        ofRows(e, "ReduceMin", x, rank),
        e.floats(-1 / Math.min(middle.zero, middle.above), null),
      ]);
      const unit = then(e, "Max", [largest, least, e.floats(TINY, null)]);
      const inUnits = then(e, "Div", [x, unit]);
      const one = e.floats(1, null);
      // MLAS multiplies unsigned by signed bytes fastest.
      const product = (bytes: string, size: string, at: number): string => {
        const out = e.temp();
        e.node("MatMulIntegerToFloat", [bytes, w, size, scale, e.byte(at)], [out], {}, "com.microsoft");
        return out;
      };
      const first = then(e, "QuantizeLinear", [inUnits, one, e.byte(middle.zero)]);
      let sum = product(first, one, middle.zero);
      if (digits === 2) {
        // What is left is at most half a unit, of either sign.
        const half = bytesOf(e, 128);
        const finer = e.floats(0.5 / half.above, null);
        const rest = then(e, "Sub", [inUnits, then(e, "DequantizeLinear", [first, one, e.byte(middle.zero)])]);
        const second = then(e, "QuantizeLinear", [rest, finer, e.byte(half.zero)]);
        sum = then(e, "Add", [sum, product(second, finer, half.zero)]);
      }
      e.node("Mul", [sum, unit], [e.output]);
    },
  },
} satisfies { [K in OpName]?: OpDef<OpAttrs[K]> };
