import { addDims, broadcastShapes, type Dim, floorDivDim, normalizeAxis, sameShape, sizeOf, subDims } from "../dims.ts";
import type { OpAttrs, OpName } from "./attrs.ts";
import { direct, fail, type OpDef } from "./def.ts";

/** Length of start..end along an axis; negative `end` counts from the end, Infinity is the end. */
function sliceLength(extent: Dim, start: number, end: number, step: number): Dim {
  const atMost = (stop: number): Dim => (typeof extent === "number" ? Math.min(stop, extent) : stop);
  const stop = end === Number.POSITIVE_INFINITY ? extent : end < 0 ? addDims(extent, end) : atMost(end);
  const length = floorDivDim(subDims(addDims(stop, step - 1), start), step);
  return typeof length === "number" ? Math.max(0, length) : length;
}

const INT64_MAX_SAFE = 2 ** 53 - 1;

export const shapeOps = {
  Reshape: {
    arity: 1,
    infer: (inputs, { shape }) => {
      const x = inputs[0]!;
      if (sizeOf(x.shape) !== sizeOf(shape)) fail("Reshape", `as many elements as [${shape.join(", ")}]`, inputs);
      return { dtype: x.dtype, shape };
    },
    grad: (f, { inputs, grad }) => [f.reshape(grad, inputs[0]!.shape)],
    emit: (e, { shape }, inputs) => {
      const from = inputs[0]!.shape;
      const known = shape.map((d, i) => (typeof d === "number" ? d : d === from[i] ? 0 : -1));
      const unknown = known.filter((d) => d === -1).length;
      const hasZeroExtent = shape.some((d) => d === 0);
      if (unknown <= 1 && !hasZeroExtent) e.node("Reshape", [e.inputs[0]!, e.ints(known)], [e.output]);
      else e.node("Reshape", [e.inputs[0]!, e.shape(shape)], [e.output], { allowzero: { int: 1 } });
    },
  },

  Transpose: {
    arity: 1,
    infer: (inputs, { perm }) => {
      const x = inputs[0]!;
      if (perm.length !== x.shape.length || [...perm].sort((a, b) => a - b).some((p, i) => p !== i))
        fail("Transpose", `a tensor of rank ${perm.length} for perm [${perm.join(", ")}]`, inputs);
      return { dtype: x.dtype, shape: perm.map((p) => x.shape[p]!) };
    },
    grad: (f, { attrs, grad }) => {
      const inverse = attrs.perm.map((_, i) => attrs.perm.indexOf(i));
      return [f.transpose(grad, inverse)];
    },
    emit: direct("Transpose", ({ perm }) => ({ perm: { ints: perm } })),
  },

  Expand: {
    arity: 1,
    infer: (inputs, { shape }) => {
      const x = inputs[0]!;
      if (!sameShape(broadcastShapes("Expand", x.shape, shape), shape))
        fail("Expand", `a shape that broadcasts to [${shape.join(", ")}]`, inputs);
      return { dtype: x.dtype, shape };
    },
    grad: (f, { inputs, grad }) => [f.unbroadcast(grad, inputs[0]!.shape)],
    emit: (e, { shape }, inputs) => {
      const from = inputs[0]!.shape;
      const offset = shape.length - from.length;
      const known = shape.map((d, i) => (i >= offset && d === from[i - offset] ? 1 : d));
      const target = known.every((d): d is number => typeof d === "number") ? e.ints(known) : e.shape(known);
      e.node("Expand", [e.inputs[0]!, target], [e.output]);
    },
  },

  Concat: {
    arity: [1, 4096],
    infer: (inputs, { axis }) => {
      const first = inputs[0]!;
      const at = normalizeAxis("Concat", axis, first.shape.length);
      const agree = inputs.every(
        (t) =>
          t.dtype === first.dtype &&
          t.shape.length === first.shape.length &&
          t.shape.every((d, i) => i === at || d === first.shape[i]),
      );
      if (!agree) fail("Concat", `tensors that agree but for axis ${axis}`, inputs);
      const total = inputs.reduce((sum: Dim, t) => addDims(sum, t.shape[at]!), 0);
      return { dtype: first.dtype, shape: first.shape.map((d, i) => (i === at ? total : d)) };
    },
    grad: (f, { inputs, attrs, grad }) => {
      let start = 0;
      return inputs.map((t, i) => {
        const extent = t.shape[normalizeAxis("Concat", attrs.axis, t.shape.length)]!;
        const begin = start;
        if (typeof extent === "number") start += extent;
        else if (i < inputs.length - 1)
          throw new Error(`Concat: gradient expected fixed extents before the last input, got ${extent}`);
        const end = i === inputs.length - 1 ? Number.POSITIVE_INFINITY : start;
        return f.reshape(f.slice(grad, attrs.axis, begin, end), t.shape);
      });
    },
    emit: direct("Concat", ({ axis }) => ({ axis: { int: axis } })),
  },

  Slice: {
    arity: 1,
    infer: (inputs, { axis, start, end, step }) => {
      const x = inputs[0]!;
      const at = normalizeAxis("Slice", axis, x.shape.length);
      if (start < 0 || step < 1) fail("Slice", `start >= 0 and step >= 1 (got ${start}, ${step})`, inputs);
      return { dtype: x.dtype, shape: x.shape.map((d, i) => (i === at ? sliceLength(d, start, end, step) : d)) };
    },
    grad: (f, { inputs, attrs, grad }) => {
      const x = inputs[0]!;
      const at = normalizeAxis("Slice", attrs.axis, x.shape.length);
      const { start, step } = attrs;
      const spread = step === 1 ? grad : f.dilate(grad, at, step);
      const covered = addDims(start, spread.shape[at]!);
      const after = subDims(x.shape[at]!, covered);
      if (typeof after !== "number") throw new Error(`Slice: gradient expected a fixed remainder, got ${after}`);
      const padded = f.pad(spread, at, start, Math.max(0, after));
      return [after < 0 ? f.slice(padded, at, 0, after) : padded];
    },
    emit: (e, { axis, start, end, step }) => {
      const stop = end === Number.POSITIVE_INFINITY ? INT64_MAX_SAFE : end;
      const bounds = [e.ints([start]), e.ints([stop]), e.ints([axis]), e.ints([step])];
      e.node("Slice", [e.inputs[0]!, ...bounds], [e.output]);
    },
  },

  Pad: {
    arity: 1,
    infer: (inputs, { pads }) => {
      const x = inputs[0]!;
      if (pads.length !== x.shape.length || pads.flat().some((p) => p < 0))
        fail("Pad", `rank ${pads.length} for pads ${JSON.stringify(pads)}, none negative`, inputs);
      return { dtype: x.dtype, shape: x.shape.map((d, i) => addDims(d, pads[i]![0] + pads[i]![1])) };
    },
    grad: (f, { attrs, grad }) => {
      let g = grad;
      attrs.pads.forEach(([begin, end], axis) => {
        if (begin + end > 0) g = f.slice(g, axis, begin, end === 0 ? Number.POSITIVE_INFINITY : -end);
      });
      return [g];
    },
    emit: (e, { pads }) =>
      e.node("Pad", [e.inputs[0]!, e.ints([...pads.map((p) => p[0]), ...pads.map((p) => p[1])])], [e.output]),
  },
} satisfies { [K in OpName]?: OpDef<OpAttrs[K]> };
