import { addDims, type Dim, floorDivDim, mulDims, subDims } from "../dims.ts";
import type { Tensor } from "../tensor.ts";
import type { ConvAttrs, OpAttrs, OpName } from "./attrs.ts";
import { fail, type OpDef } from "./def.ts";

const attributes = ({ strides, pads }: ConvAttrs) => ({ strides: { ints: strides }, pads: { ints: pads } });

function fixedKernel(op: OpName, inputs: readonly Tensor[]): [number, number] {
  const [, , kh, kw] = inputs[1]!.shape;
  return typeof kh === "number" && typeof kw === "number" ? [kh, kw] : fail(op, "a kernel of fixed size", inputs);
}

function checkRanks(op: OpName, inputs: readonly Tensor[]): void {
  const [x, w, bias] = inputs as [Tensor, Tensor, Tensor | undefined];
  const ranks = x.shape.length === 4 && w.shape.length === 4 && (bias === undefined || bias.shape.length === 1);
  if (!ranks || inputs.some((t) => t.dtype !== "float32"))
    fail(op, "float32 [N, C, H, W], a rank-4 kernel, bias [O]", inputs);
}

export const conv = {
  // x [N, I, H, W], w [O, I, kh, kw], bias [O] optional -> [N, O, H', W']
  Conv: {
    arity: [2, 3],
    infer: (inputs, { strides, pads }) => {
      checkRanks("Conv", inputs);
      const [x, w] = inputs as [Tensor, Tensor];
      const [kh, kw] = fixedKernel("Conv", inputs);
      if (x.shape[1] !== w.shape[1]) fail("Conv", "as many input channels as the kernel's second axis", inputs);
      const out = (extent: Dim, k: number, before: number, after: number, stride: number): Dim =>
        addDims(floorDivDim(addDims(extent, before + after - k), stride), 1);
      return {
        dtype: "float32",
        shape: [
          x.shape[0]!,
          w.shape[0]!,
          out(x.shape[2]!, kh, pads[0], pads[2], strides[0]),
          out(x.shape[3]!, kw, pads[1], pads[3], strides[1]),
        ],
      };
    },
    grad: (f, { inputs, attrs, output, grad }) => {
      const [x, w, bias] = inputs as [Tensor, Tensor, Tensor | undefined];
      const dx = f.convInputGrad(grad, w, x.shape, attrs);
      const dw = f.convWeightGrad(x, grad, w.shape, attrs);
      const db = bias === undefined ? [] : [f.reshape(f.reduceSum(grad, [0, 2, 3]), [output.shape[1]!])];
      return [dx, dw, ...db];
    },
    emit: (e, attrs, inputs) => {
      const [kh, kw] = fixedKernel("Conv", inputs);
      e.node("Conv", e.inputs, [e.output], { ...attributes(attrs), kernel_shape: { ints: [kh, kw] } });
    },
  },

  // x [N, O, H', W'], w [O, I, kh, kw], bias [I] optional -> [N, I, H, W]: Conv's transpose.
  ConvTranspose: {
    arity: [2, 3],
    infer: (inputs, { strides, pads, outputPadding }) => {
      checkRanks("ConvTranspose", inputs);
      const [x, w] = inputs as [Tensor, Tensor];
      const [kh, kw] = fixedKernel("ConvTranspose", inputs);
      if (x.shape[1] !== w.shape[0]) fail("ConvTranspose", "as many input channels as the kernel's first axis", inputs);
      const out = (extent: Dim, k: number, before: number, after: number, stride: number, extra: number): Dim =>
        addDims(mulDims(subDims(extent, 1), stride), k - before - after + extra);
      return {
        dtype: "float32",
        shape: [
          x.shape[0]!,
          w.shape[1]!,
          out(x.shape[2]!, kh, pads[0], pads[2], strides[0], outputPadding[0]),
          out(x.shape[3]!, kw, pads[1], pads[3], strides[1], outputPadding[1]),
        ],
      };
    },
    grad: (f, { inputs, attrs, grad }) => {
      const [x, w, bias] = inputs as [Tensor, Tensor, Tensor | undefined];
      const db = bias === undefined ? [] : [f.reshape(f.reduceSum(grad, [0, 2, 3]), [w.shape[1]!])];
      return [f.conv(grad, w, undefined, attrs), f.convWeightGrad(grad, x, w.shape, attrs), ...db];
    },
    emit: (e, attrs, inputs) => {
      const [kh, kw] = fixedKernel("ConvTranspose", inputs);
      e.node("ConvTranspose", e.inputs, [e.output], {
        ...attributes(attrs),
        kernel_shape: { ints: [kh, kw] },
        output_padding: { ints: attrs.outputPadding },
      });
    },
  },
} satisfies { [K in OpName]?: OpDef<OpAttrs[K]> };
