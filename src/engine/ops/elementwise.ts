import { broadcastShapes } from "../dims.ts";
import { dtypes } from "../dtype.ts";
import type { Tensor } from "../tensor.ts";
import type { OpAttrs, OpName } from "./attrs.ts";
import {
  direct,
  type Functions,
  fail,
  floatInput,
  halfOrFloatInput,
  hasEveryKernel,
  type OnnxAttribute,
  type OpDef,
} from "./def.ts";

type None = OpAttrs["Neg"];

/** y = f(x) on float32; `slope` gives dy/dx from x and y, or null where the derivative is zero everywhere. */
function unary(
  op: OpName,
  slope: ((f: Functions, x: Tensor, y: Tensor) => Tensor) | null,
  opType: string = op,
): OpDef<None> {
  return {
    arity: 1,
    infer: floatInput(op),
    grad: (f, { inputs, output, grad }) => [slope === null ? undefined : f.mul(grad, slope(f, inputs[0]!, output))],
    emit: direct(opType),
  };
}

type Partials = (f: Functions, a: Tensor, b: Tensor, y: Tensor, grad: Tensor) => [Tensor, Tensor];

/** z = f(a, b) with numpy broadcasting, both of one numeric dtype. */
function binary(op: OpName, partials: Partials): OpDef<None> {
  return {
    arity: 2,
    infer: (inputs) => {
      const [a, b] = inputs as [Tensor, Tensor];
      if (a.dtype !== b.dtype || a.dtype === "bool") fail(op, "two tensors of one numeric dtype", inputs);
      return { dtype: a.dtype, shape: broadcastShapes(op, a.shape, b.shape) };
    },
    grad: (f, { inputs, output, grad }) => {
      const [a, b] = inputs as [Tensor, Tensor];
      const [da, db] = partials(f, a, b, output, grad);
      return [f.unbroadcast(da, a.shape), f.unbroadcast(db, b.shape)];
    },
    emit: direct(op),
  };
}

function comparison(op: OpName, operands: "numeric" | "bool"): OpDef<None> {
  return {
    arity: 2,
    infer: (inputs) => {
      const [a, b] = inputs as [Tensor, Tensor];
      if (a.dtype !== b.dtype || (a.dtype === "bool") !== (operands === "bool"))
        fail(op, `two ${operands} tensors of one dtype`, inputs);
      return { dtype: "bool", shape: broadcastShapes(op, a.shape, b.shape) };
    },
    grad: null,
    emit: direct(op),
  };
}

/** The gradient of min or max: to the operand that was chosen, ties to the first. */
const chosen =
  (firstWins: (f: Functions, a: Tensor, b: Tensor) => Tensor): Partials =>
  (f, a, b, _y, grad) => {
    const first = f.cast(firstWins(f, a, b), "float32");
    return [f.mul(grad, first), f.mul(grad, f.sub(1, first))];
  };

export const elementwise = {
  Neg: { ...unary("Neg", null), grad: (f, { grad }) => [f.neg(grad)] },
  Exp: unary("Exp", (_f, _x, y) => y),
  Log: unary("Log", (f, x) => f.reciprocal(x)),
  Sqrt: unary("Sqrt", (f, _x, y) => f.div(0.5, y)),
  Reciprocal: unary("Reciprocal", (f, _x, y) => f.neg(f.mul(y, y))),
  Tanh: unary("Tanh", (f, _x, y) => f.sub(1, f.mul(y, y))),
  Sigmoid: unary("Sigmoid", (f, _x, y) => f.mul(y, f.sub(1, y))),
  Relu: unary("Relu", (f, x) => f.cast(f.greater(x, 0), "float32")),
  Abs: unary("Abs", (f, x) => f.sign(x)),
  Sign: {
    ...unary("Sign", null),
    emit: (e) => {
      if (hasEveryKernel(e.provider)) return e.node("Sign", e.inputs, [e.output]);
      // The WebGPU provider has no Sign kernel: (x > 0) − (x < 0).
      const side = (comparison: "Greater" | "Less"): string => {
        const [flag, number] = [e.temp(), e.temp()];
        e.node(comparison, [e.inputs[0]!, e.floats(0, null)], [flag]);
        e.node("Cast", [flag], [number], { to: { int: dtypes.float32.onnx } });
        return number;
      };
      e.node("Sub", [side("Greater"), side("Less")], [e.output]);
    },
  },
  Sin: unary("Sin", (f, x) => f.cos(x)),
  Cos: unary("Cos", (f, x) => f.neg(f.sin(x))),

  LeakyRelu: {
    arity: 1,
    infer: floatInput("LeakyRelu"),
    grad: (f, { inputs, attrs, grad }) => {
      const positive = f.cast(f.greater(inputs[0]!, 0), "float32");
      return [f.mul(grad, f.add(f.mul(positive, 1 - attrs.alpha), attrs.alpha))];
    },
    emit: direct("LeakyRelu", (attrs): Record<string, OnnxAttribute> => ({ alpha: { float: attrs.alpha } })),
  },

  // 0.5 x (1 + tanh(u)), u = sqrt(2/pi) (x + 0.044715 x^3): Hendrycks & Gimpel, arXiv 1606.08415.
  Gelu: {
    arity: 1,
    infer: halfOrFloatInput("Gelu"),
    grad: (f, { inputs, grad }) => {
      const x = inputs[0]!;
      const k = Math.sqrt(2 / Math.PI);
      const xx = f.mul(x, x);
      const t = f.tanh(f.mul(x, f.add(f.mul(xx, 0.044715 * k), k)));
      const du = f.add(f.mul(xx, 3 * 0.044715 * k), k);
      // d/dx = 0.5 (1 + t) + 0.5 x (1 - t²) u'  = 0.5 (1 + t) (1 + x (1 - t) u')
      const slope = f.mul(f.mul(f.add(t, 1), 0.5), f.add(f.mul(f.mul(x, f.sub(1, t)), du), 1));
      return [f.mul(grad, slope)];
    },
    emit: (e, _attrs, inputs) => {
      const fast = hasEveryKernel(e.provider) && inputs[0]!.shape.length > 0;
      if (fast) e.node("FastGelu", e.inputs, [e.output], {}, "com.microsoft");
      else e.node("Gelu", e.inputs, [e.output], { approximate: { string: "tanh" } });
    },
  },

  StopGradient: {
    arity: 1,
    infer: (inputs) => inputs[0]!,
    grad: () => [undefined],
    emit: direct("Identity"),
  },

  Add: binary("Add", (_f, _a, _b, _y, g) => [g, g]),
  Sub: binary("Sub", (f, _a, _b, _y, g) => [g, f.neg(g)]),
  Mul: binary("Mul", (f, a, b, _y, g) => {
    const da = f.mul(g, b);
    return [da, a === b ? da : f.mul(g, a)];
  }),
  Div: binary("Div", (f, _a, b, y, g) => {
    const da = f.div(g, b);
    return [da, f.neg(f.mul(da, y))];
  }),
  Min: binary(
    "Min",
    chosen((f, a, b) => f.not(f.greater(a, b))),
  ),
  Max: binary(
    "Max",
    chosen((f, a, b) => f.not(f.less(a, b))),
  ),
  Equal: comparison("Equal", "numeric"),
  Less: comparison("Less", "numeric"),
  Greater: comparison("Greater", "numeric"),
  And: comparison("And", "bool"),

  Not: {
    arity: 1,
    infer: (inputs) => (inputs[0]!.dtype === "bool" ? inputs[0]! : fail("Not", "a bool tensor", inputs)),
    grad: null,
    emit: direct("Not"),
  },

  Where: {
    arity: 3,
    infer: (inputs) => {
      const [c, a, b] = inputs as [Tensor, Tensor, Tensor];
      if (c.dtype !== "bool" || a.dtype !== b.dtype) fail("Where", "bool, and two tensors of one dtype", inputs);
      return { dtype: a.dtype, shape: broadcastShapes("Where", broadcastShapes("Where", c.shape, a.shape), b.shape) };
    },
    grad: (f, { inputs, grad }) => {
      const [c, a, b] = inputs as [Tensor, Tensor, Tensor];
      const zero = f.scalar(0);
      return [
        undefined,
        f.unbroadcast(f.where(c, grad, zero), a.shape),
        f.unbroadcast(f.where(c, zero, grad), b.shape),
      ];
    },
    emit: direct("Where"),
  },

  Cast: {
    arity: 1,
    infer: (inputs, { to }) => ({ dtype: to, shape: inputs[0]!.shape }),
    grad: (_f, { inputs, attrs, grad }) => [
      inputs[0]!.dtype === "float32" && attrs.to === "float32" ? grad : undefined,
    ],
    emit: direct("Cast", ({ to }): Record<string, OnnxAttribute> => ({ to: { int: dtypes[to].onnx } })),
  },
} satisfies { [K in OpName]?: OpDef<OpAttrs[K]> };
