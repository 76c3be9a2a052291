import { addDims, type Dim, floorDivDim, mulDims, subDims } from "../dims.ts";
import type { DType } from "../dtype.ts";
import type { Tensor } from "../tensor.ts";
import type { ConvAttrs, OpAttrs, OpName } from "./attrs.ts";
import { type Functions, fail, type GradContext, isFloat, type OnnxAttribute, type OpDef } from "./def.ts";

function fixedKernel(op: OpName, inputs: readonly Tensor[]): [number, number] {
  const [, , kh, kw] = inputs[1]!.shape;
  return typeof kh === "number" && typeof kw === "number" ? [kh, kw] : fail(op, "a kernel of fixed size", inputs);
}

/** The shape rule of a convolution whose kernel has the input's channels on axis `channels`. @param side from an input's extent on spatial axis 0 or 1 */
const convolved =
  <A extends ConvAttrs>(
    op: OpName,
    channels: 0 | 1,
    side: (attrs: A, extent: Dim, kernel: number, axis: 0 | 1) => Dim,
  ) =>
  (inputs: readonly Tensor[], attrs: A): { dtype: DType; shape: Dim[] } => {
    const [x, w, bias] = inputs as [Tensor, Tensor, Tensor | undefined];
    const ranks = x.shape.length === 4 && w.shape.length === 4 && (bias === undefined || bias.shape.length === 1);
    if (!ranks || !isFloat(x) || inputs.some((t) => t.dtype !== x.dtype))
      fail(op, "float32 (or float16) [N, C, H, W], a rank-4 kernel, bias [O]", inputs);
    const [kh, kw] = fixedKernel(op, inputs);
    const [n, c, height, width] = x.shape as [Dim, Dim, Dim, Dim];
    if (c !== w.shape[channels])
      fail(op, `as many input channels as the kernel's ${channels === 0 ? "first" : "second"} axis`, inputs);
    return {
      dtype: x.dtype,
      shape: [n, w.shape[1 - channels]!, side(attrs, height, kh, 0), side(attrs, width, kw, 1)],
    };
  };

/** The gradient of the bias, where there is one. */
const biasGrad = (f: Functions, { inputs: [, , bias], grad }: GradContext<ConvAttrs>): Tensor[] =>
  bias === undefined ? [] : [f.reshape(f.reduceSum(grad, [0, 2, 3]), [grad.shape[1]!])];

/** The node of a convolution. @param more attributes beside those of all */
const emitted =
  <K extends "Conv" | "ConvTranspose">(
    op: K,
    more: (attrs: OpAttrs[K]) => Record<string, OnnxAttribute> = () => ({}),
  ): OpDef<OpAttrs[K]>["emit"] =>
  (e, attrs, inputs) => {
    const shared = { strides: { ints: attrs.strides }, pads: { ints: attrs.pads } };
    const kernel_shape = { ints: fixedKernel(op, inputs) };
    e.node(op, e.inputs, [e.output], { ...shared, kernel_shape, ...more(attrs) });
  };

export const conv = {
  // x [N, I, H, W], w [O, I, kh, kw], bias [O] optional -> [N, O, H', W']
  Conv: {
    arity: [2, 3],
    infer: convolved("Conv", 1, ({ strides, pads }: ConvAttrs, extent, k, axis) =>
      addDims(floorDivDim(addDims(extent, pads[axis] + pads[axis + 2]! - k), strides[axis]), 1),
    ),
    grad: (f, context) => {
      const { inputs, attrs, grad } = context;
      const [x, w] = inputs as [Tensor, Tensor];
      const dx = f.convInputGrad(grad, w, x.shape, attrs);
      return [dx, f.convWeightGrad(x, grad, w.shape, attrs), ...biasGrad(f, context)];
    },
    emit: emitted("Conv"),
  },

  // x [N, O, H', W'], w [O, I, kh, kw], bias [I] optional -> [N, I, H, W]: Conv's transpose.
  ConvTranspose: {
    arity: [2, 3],
    infer: convolved("ConvTranspose", 0, (attrs: OpAttrs["ConvTranspose"], extent, k, axis) => {
      const { strides, pads, outputPadding } = attrs;
      const added = k - pads[axis] - pads[axis + 2]! + outputPadding[axis];
      return addDims(mulDims(subDims(extent, 1), strides[axis]), added);
    }),
    grad: (f, context) => {
      const { inputs, attrs, grad } = context;
      const [x, w] = inputs as [Tensor, Tensor];
      return [f.conv(grad, w, undefined, attrs), f.convWeightGrad(grad, x, w.shape, attrs), ...biasGrad(f, context)];
    },
    emit: emitted("ConvTranspose", ({ outputPadding }) => ({ output_padding: { ints: outputPadding } })),
  },
} satisfies { [K in OpName]?: OpDef<OpAttrs[K]> };
