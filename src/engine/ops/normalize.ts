import type { Tensor } from "../tensor.ts";
import type { OpAttrs, OpName } from "./attrs.ts";
import { type Emitter, type Functions, fail, floatInput, type GradContext, hasEveryKernel, type OpDef } from "./def.ts";

type Eps = { readonly epsilon: number };

function lastExtent(op: OpName, x: Tensor): number {
  const extent = x.shape.at(-1);
  return typeof extent === "number" ? extent : fail(op, "a last axis of fixed extent", [x]);
}

/** The gradient of (x − mean) / sqrt(var + eps) over some axes. */
function standardizedGrad(f: Functions, { inputs, attrs, output, grad }: GradContext<Eps>, axes: number[]): [Tensor] {
  const x = inputs[0]!;
  const centred = f.sub(x, f.reduceMean(x, axes));
  const invStd = f.reciprocal(f.sqrt(f.add(f.reduceMean(f.mul(centred, centred), axes), attrs.epsilon)));
  const inner = f.sub(f.sub(grad, f.reduceMean(grad, axes)), f.mul(output, f.reduceMean(f.mul(grad, output), axes)));
  return [f.mul(inner, invStd)];
}

/** Softmax and its logarithm run over the last axis. */
const overLast = (op: "Softmax" | "LogSoftmax") => ({
  arity: 1,
  infer: floatInput(op),
  emit: (e: Emitter) => e.node(op, e.inputs, [e.output], { axis: { int: -1 } }),
});

export const normalize = {
  Softmax: {
    ...overLast("Softmax"),
    grad: (f, { output, grad }) => {
      const weighted = f.mul(grad, output);
      return [f.sub(weighted, f.mul(output, f.reduceSum(weighted, [-1])))];
    },
  },

  LogSoftmax: {
    ...overLast("LogSoftmax"),
    emit: (e) => {
      if (hasEveryKernel(e.provider)) return e.node("LogSoftmax", e.inputs, [e.output], { axis: { int: -1 } });
      // The WebGPU provider has no LogSoftmax kernel: (x − max) − log(sum(exp(x − max))).
      const x = e.inputs[0]!;
      const [largest, shifted, exps, sum, log] = [e.temp(), e.temp(), e.temp(), e.temp(), e.temp()];
      const last = e.ints([-1]);
      e.node("ReduceMax", [x, last], [largest], { keepdims: { int: 1 } });
      e.node("Sub", [x, largest], [shifted]);
      e.node("Exp", [shifted], [exps]);
      e.node("ReduceSum", [exps, last], [sum], { keepdims: { int: 1 } });
      e.node("Log", [sum], [log]);
      e.node("Sub", [shifted, log], [e.output]);
    },
    grad: (f, { output, grad }) => [f.sub(grad, f.mul(f.exp(output), f.reduceSum(grad, [-1])))],
  },

  // (x − mean) / sqrt(var + eps) over the last axis, no affine part.
  LayerNorm: {
    arity: 1,
    infer: floatInput("LayerNorm"),
    grad: (f, context) => standardizedGrad(f, context, [-1]),
    emit: (e, { epsilon }, inputs) =>
      e.node("LayerNormalization", [e.inputs[0]!, e.floats(1, lastExtent("LayerNorm", inputs[0]!))], [e.output], {
        axis: { int: -1 },
        epsilon: { float: epsilon },
      }),
  },

  // x / sqrt(mean(x²) + eps) over the last axis.
  RmsNorm: {
    arity: 1,
    infer: floatInput("RmsNorm"),
    grad: (f, { inputs, attrs, output, grad }) => {
      const x = inputs[0]!;
      const invRms = f.reciprocal(f.sqrt(f.add(f.reduceMean(f.mul(x, x), [-1]), attrs.epsilon)));
      return [f.mul(f.sub(grad, f.mul(output, f.reduceMean(f.mul(grad, output), [-1]))), invRms)];
    },
    emit: (e, { epsilon }, inputs) => {
      const extent = lastExtent("RmsNorm", inputs[0]!);
      const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } };
      e.node("SimplifiedLayerNormalization", [e.inputs[0]!, e.floats(1, extent)], [e.output], attributes);
    },
  },

  // [N, C, D...]: each channel to zero mean and unit variance over D.
  InstanceNorm: {
    arity: 1,
    infer: (inputs) =>
      inputs[0]!.dtype === "float32" && inputs[0]!.shape.length >= 3 && typeof inputs[0]!.shape[1] === "number"
        ? inputs[0]!
        : fail("InstanceNorm", "float32 [N, C, D...] with fixed C", inputs),
    grad: (f, context) => {
      const axes = context.output.shape.slice(2).map((_, i) => i + 2);
      return standardizedGrad(f, context, axes);
    },
    emit: (e, { epsilon }, inputs) => {
      const channels = inputs[0]!.shape[1] as number;
      const affine = [e.floats(1, channels), e.floats(0, channels)];
      e.node("InstanceNormalization", [e.inputs[0]!, ...affine], [e.output], { epsilon: { float: epsilon } });
    },
  },
} satisfies { [K in OpName]?: OpDef<OpAttrs[K]> };
