import { broadcastShapes, type Dim } from "../dims.ts";
import { dtypes } from "../dtype.ts";
import type { Tensor } from "../tensor.ts";
import type { OpAttrs, OpName } from "./attrs.ts";
import { fail, hasEveryKernel, isFloat, type OpDef } from "./def.ts";

const swapLast = (rank: number): number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2];

export const matmul = {
  // alpha · op(a) · op(b) over the last two axes, leading axes broadcast; in float64 of two matrices, without a gradient.
  MatMul: {
    arity: 2,
    infer: (inputs, { transA, transB }) => {
      const [a, b] = inputs as [Tensor, Tensor];
      const ranks = [a.shape.length, b.shape.length];
      const isDouble = a.dtype === "float64" && ranks.every((rank) => rank === 2);
      if (a.dtype !== b.dtype || !(isDouble || (isFloat(a) && ranks.every((rank) => rank >= 2))))
        fail("MatMul", "two float32 (or float16) tensors of rank >= 2, or two float64 matrices", inputs);
      const [m, k] = (transA ? [a.shape.at(-1), a.shape.at(-2)] : [a.shape.at(-2), a.shape.at(-1)]) as [Dim, Dim];
      const [k2, n] = (transB ? [b.shape.at(-1), b.shape.at(-2)] : [b.shape.at(-2), b.shape.at(-1)]) as [Dim, Dim];
      if (k !== k2) fail("MatMul", `equal inner dimensions (transA ${transA}, transB ${transB})`, inputs);
      return {
        dtype: a.dtype,
        shape: [...broadcastShapes("MatMul", a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n],
      };
    },
    grad: (f, { inputs, attrs, grad }) => {
      const [a, b] = inputs as [Tensor, Tensor];
      const { transA, transB, alpha } = attrs;
      const da = transA
        ? f.matmul(b, grad, { transA: transB, transB: true, alpha })
        : f.matmul(grad, b, { transB: !transB, alpha });
      // A matrix shared by all leading rows: one product over all rows, not a batch of them reduced.
      if (b.shape.length === 2 && a.shape.length > 2 && !transA) {
        const a2 = f.flattenRows(a);
        const g2 = f.flattenRows(grad);
        const db = transB ? f.matmul(g2, a2, { transA: true, alpha }) : f.matmul(a2, g2, { transA: true, alpha });
        return [f.unbroadcast(da, a.shape), db];
      }
      const db = transB
        ? f.matmul(grad, a, { transA: true, transB: transA, alpha })
        : f.matmul(a, grad, { transA: !transA, alpha });
      return [f.unbroadcast(da, a.shape), f.unbroadcast(db, b.shape)];
    },
    emit: (e, { transA, transB, alpha }, inputs) => {
      const [a, b] = e.inputs as [string, string];
      const flags = { transA: { int: Number(transA) }, transB: { int: Number(transB) }, alpha: { float: alpha } };
      if (inputs[0]!.dtype === "float64") return e.node("Gemm", [a, b], [e.output], flags);
      if (!transA && !transB && alpha === 1) return e.node("MatMul", [a, b], [e.output]);
      if (hasEveryKernel(e.provider)) return e.node("FusedMatMul", [a, b], [e.output], flags, "com.microsoft");
      // Providers without a FusedMatMul kernel.
      const swapped = (name: string, trans: boolean, t: Tensor): string => {
        if (!trans) return name;
        const out = e.temp();
        e.node("Transpose", [name], [out], { perm: { ints: swapLast(t.shape.length) } });
        return out;
      };
      const left = swapped(a, transA, inputs[0]!);
      const right = swapped(b, transB, inputs[1]!);
      const product = alpha === 1 ? e.output : e.temp();
      e.node("MatMul", [left, right], [product]);
      if (alpha === 1) return;
      let factor = e.floats(alpha, null);
      if (inputs[0]!.dtype === "float16") {
        const halved = e.temp();
        e.node("Cast", [factor], [halved], { to: { int: dtypes.float16.onnx } });
        factor = halved;
      }
      e.node("Mul", [product, factor], [e.output]);
    },
  },
} satisfies { [K in OpName]?: OpDef<OpAttrs[K]> };
