import { normalizeAxis, type Shape } from "../dims.ts";
import type { Tensor } from "../tensor.ts";
import type { OpAttrs, OpName } from "./attrs.ts";
import { direct, type Emitter, fail, hasEveryKernel, type OpDef } from "./def.ts";

const isIndex = (t: Tensor): boolean => t.dtype === "int64" || t.dtype === "int32";

/** Zeros of a shape; the WebGPU provider has no ConstantOfShape kernel. */
function zerosOf(e: Emitter, shape: Shape): string {
  const zeros = e.temp();
  if (hasEveryKernel(e.provider))
    e.node("ConstantOfShape", [e.shape(shape)], [zeros], { value: { zeroTensor: "float32" } });
  else e.node("Expand", [e.floats(0, null), e.shape(shape)], [zeros]);
  return zeros;
}

export const gather = {
  // y[..., indices..., ...] = x[..., index along axis, ...]
  Gather: {
    arity: 2,
    infer: (inputs, { axis }) => {
      const [x, indices] = inputs as [Tensor, Tensor];
      if (!isIndex(indices)) fail("Gather", "data and integer indices", inputs);
      const at = normalizeAxis("Gather", axis, x.shape.length);
      return { dtype: x.dtype, shape: [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)] };
    },
    grad: (f, { inputs, attrs, grad }) => {
      const [x, indices] = inputs as [Tensor, Tensor];
      const at = normalizeAxis("Gather", attrs.axis, x.shape.length);
      const rows = x.shape[at];
      if (typeof rows !== "number") throw new Error("Gather: gradient expected an axis of fixed extent");
      // Scatter along axis 0: the indexed axes go to the front, and the axis that comes of them back to its place.
      const before = x.shape.slice(0, at).map((_, i) => i);
      const indexed = indices.shape.map((_, i) => at + i);
      const after = x.shape.slice(at + 1).map((_, i) => at + indexed.length + i);
      const front = f.transpose(grad, [...indexed, ...before, ...after]);
      const scattered = f.scatterRows(f.cast(indices, "int64"), front, rows);
      return [f.transpose(scattered, [...before.map((i) => i + 1), 0, ...after.map((_, i) => at + 1 + i)]), undefined];
    },
    emit: direct("Gather", ({ axis }) => ({ axis: { int: axis } })),
  },

  // indices [n...], updates [n..., rest...] -> [rows, rest...]; rows that occur twice add up.
  ScatterRows: {
    arity: 2,
    infer: (inputs, { rows }) => {
      const [indices, updates] = inputs as [Tensor, Tensor];
      const rank = indices.shape.length;
      if (
        indices.dtype !== "int64" ||
        updates.dtype !== "float32" ||
        indices.shape.some((d, i) => d !== updates.shape[i])
      )
        fail("ScatterRows", "int64 indices [n...] and float32 updates [n..., rest...]", inputs);
      return { dtype: "float32", shape: [rows, ...updates.shape.slice(rank)] };
    },
    grad: (f, { inputs, grad }) => [undefined, f.gather(grad, inputs[0]!, 0)],
    emit: (e, { rows }, inputs) => {
      const [indices, updates] = inputs as [Tensor, Tensor];
      const column = e.temp();
      const rest = updates.shape.slice(indices.shape.length);
      const zeros = zerosOf(e, [rows, ...rest]);
      // A trailing axis of 1. The WebGPU provider has no int64 Unsqueeze.
      e.node("Reshape", [e.inputs[0]!, e.ints([...indices.shape.map(() => 0), 1])], [column]);
      e.node("ScatterND", [zeros, column, e.inputs[1]!], [e.output], { reduction: { string: "add" } });
    },
  },

  GatherElements: {
    arity: 2,
    infer: (inputs, { axis }) => {
      const [x, indices] = inputs as [Tensor, Tensor];
      const at = normalizeAxis("GatherElements", axis, x.shape.length);
      if (
        !isIndex(indices) ||
        x.shape.length !== indices.shape.length ||
        x.shape.some((d, i) => i !== at && d !== indices.shape[i])
      )
        fail("GatherElements", `integer indices shaped like the data but for axis ${axis}`, inputs);
      return { dtype: x.dtype, shape: indices.shape };
    },
    grad: (f, { inputs, attrs, grad }) => {
      const [x, indices] = inputs as [Tensor, Tensor];
      const size = x.shape[normalizeAxis("GatherElements", attrs.axis, x.shape.length)];
      if (typeof size !== "number") throw new Error("GatherElements: gradient expected an axis of fixed extent");
      return [f.scatterElements(indices, grad, attrs.axis, size), undefined];
    },
    emit: direct("GatherElements", ({ axis }) => ({ axis: { int: axis } })),
  },

  // Zeros with `updates` added at `indices` along the axis; what comes to one place twice adds up.
  ScatterElements: {
    arity: 2,
    infer: (inputs, { axis, size }) => {
      const [indices, updates] = inputs as [Tensor, Tensor];
      const at = normalizeAxis("ScatterElements", axis, updates.shape.length);
      if (!isIndex(indices) || updates.dtype !== "float32" || indices.shape.some((d, i) => d !== updates.shape[i]))
        fail("ScatterElements", "integer indices and float32 updates of one shape", inputs);
      return { dtype: "float32", shape: updates.shape.map((d, i) => (i === at ? size : d)) };
    },
    grad: (f, { inputs, attrs, grad }) => [undefined, f.gatherElements(grad, inputs[0]!, attrs.axis)],
    emit: (e, { axis, size }, inputs) => {
      const updates = inputs[1]!;
      const at = normalizeAxis("ScatterElements", axis, updates.shape.length);
      const zeros = zerosOf(
        e,
        updates.shape.map((d, i) => (i === at ? size : d)),
      );
      e.node("ScatterElements", [zeros, e.inputs[0]!, e.inputs[1]!], [e.output], {
        axis: { int: axis },
        reduction: { string: "add" },
      });
    },
  },
} satisfies { [K in OpName]?: OpDef<OpAttrs[K]> };
