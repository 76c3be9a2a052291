import { type Dim, normalizeAxis } from "../dims.ts";
import type { Tensor } from "../tensor.ts";
import type { OpAttrs, OpName } from "./attrs.ts";
import { direct, type Functions, fail, type GradContext, type OpDef } from "./def.ts";

type Reduce = OpAttrs["ReduceSum"];

/** Reductions keep the reduced axes with extent 1. */
function reduction(op: OpName, grad: (f: Functions, context: GradContext<Reduce>) => Tensor): OpDef<Reduce> {
  return {
    arity: 1,
    infer: (inputs, { axes }) => {
      const x = inputs[0]!;
      if (x.dtype !== "float32") fail(op, "a float32 tensor", inputs);
      const reduced = new Set(axes.map((axis) => normalizeAxis(op, axis, x.shape.length)));
      return { dtype: x.dtype, shape: x.shape.map((d, i): Dim => (reduced.has(i) ? 1 : d)) };
    },
    grad: (f, context) => [grad(f, context)],
    emit: (e, { axes }) =>
      e.node(op, [e.inputs[0]!, e.ints(axes)], [e.output], { keepdims: { int: 1 }, noop_with_empty_axes: { int: 1 } }),
  };
}

export const reduce = {
  Extent: {
    arity: 0,
    infer: () => ({ dtype: "float32", shape: [] }),
    grad: null,
    emit: (e, { shape }) => {
      const product = e.temp();
      e.node("ReduceProd", [e.shape(shape)], [product], { keepdims: { int: 0 } });
      e.node("Cast", [product], [e.output], { to: { int: 1 } });
    },
  },

  ReduceSum: reduction("ReduceSum", (f, { inputs, grad }) => f.expand(grad, inputs[0]!.shape)),
  ReduceMean: reduction("ReduceMean", (f, { inputs, attrs, grad }) => {
    const x = inputs[0]!;
    return f.expand(f.div(grad, f.extent(attrs.axes.map((axis) => f.dim(x, axis)))), x.shape);
  }),

  ArgMax: {
    arity: 1,
    infer: (inputs, { axis }) => {
      const x = inputs[0]!;
      if (x.dtype !== "float32") fail("ArgMax", "a float32 tensor", inputs);
      const at = normalizeAxis("ArgMax", axis, x.shape.length);
      return { dtype: "int64", shape: x.shape.filter((_, i) => i !== at) };
    },
    grad: null,
    emit: direct("ArgMax", ({ axis }) => ({ axis: { int: axis }, keepdims: { int: 0 } })),
  },
} satisfies { [K in OpName]?: OpDef<OpAttrs[K]> };
