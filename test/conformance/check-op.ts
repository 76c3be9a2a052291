import { Tensor as OrtTensor } from "onnxruntime-node";
import { expect } from "vitest";
import {
  checkProgram,
  type DType,
  evaluateDim,
  gradients,
  input,
  opDef,
  ops,
  type Program,
  program,
  type Tensor,
} from "../../src/engine/index.ts";
import type { Runtime, Value } from "../../src/runtime/index.ts";
import type { InputSpec, OpCase } from "./case.ts";
import { dot, type Nd, sizeOfShape } from "./nd.ts";

/** Largest differences allowed, each relative to the largest magnitude of the expected array. */
export interface Tolerance {
  readonly value: number;
  readonly gradient: number;
}

/** A case as a program: outputs `y`, `grad<i>` of each float input, and `second<i>` where asked. */
interface TracedCase {
  readonly program: Program;
  readonly inputs: readonly Tensor[];
  readonly floats: readonly number[];
  readonly hasGradient: boolean;
}

function traceCase(c: OpCase, { second }: { readonly second: boolean }): TracedCase {
  const inputs = c.inputs.map((spec, i) => input(`x${i}`, spec.dtype ?? "float32", spec.shape));
  const y = c.build(...inputs);
  const floats = inputs.flatMap((t, i) => (t.dtype === "float32" ? [i] : []));
  const differentiable = opDef(c.op).grad !== null && y.dtype === "float32" && floats.length > 0;
  const hasGradient = differentiable && c.gradient !== "none";
  const outputs: Record<string, Tensor> = { y };
  if (hasGradient) {
    const wrt = floats.map((i) => inputs[i]!);
    const first = gradients(ops.sum(ops.mul(y, input("r", "float32", y.shape))), wrt);
    first.forEach((g, k) => {
      outputs[`grad${floats[k]}`] = g;
    });
    if (second && c.second) {
      const along = first.map((g, k) => ops.sum(ops.mul(g, input(`s${floats[k]}`, "float32", g.shape))));
      gradients(along.reduce(ops.add), wrt).forEach((g, k) => {
        outputs[`second${floats[k]}`] = g;
      });
    }
  }
  const p = program(`${c.op} ${c.name}`, outputs);
  checkProgram(p);
  expect(p.order.some((t) => t.op === c.op)).toBe(true);
  return { program: p, inputs, floats, hasGradient };
}

/** A small reproducible stream of uniform numbers (a linear congruential generator, Numerical Recipes' constants). */
function stream(seed: string): () => number {
  let state = [...seed].reduce((h, ch) => (Math.imul(h, 31) + ch.charCodeAt(0)) >>> 0, 7);
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function toValue(x: Nd, dtype: DType): Value {
  if (dtype === "float32") return new OrtTensor("float32", Float32Array.from(x.data), x.shape);
  if (dtype === "int64") return new OrtTensor("int64", BigInt64Array.from(x.data, BigInt), x.shape);
  if (dtype === "int32") return new OrtTensor("int32", Int32Array.from(x.data), x.shape);
  if (dtype === "int8") return new OrtTensor("int8", Int8Array.from(x.data), x.shape);
  return new OrtTensor("bool", Uint8Array.from(x.data), x.shape);
}

function toNd(value: Value): Nd {
  return { shape: value.dims, data: Float64Array.from(value.data as ArrayLike<number>, Number) };
}

function makeInput(spec: InputSpec, sizes: Readonly<Record<string, number>>, uniform: () => number): Nd {
  const shape = spec.shape.map((d) => evaluateDim(d, sizes));
  const values = spec.values!(sizeOfShape(shape), uniform);
  return { shape, data: spec.dtype === undefined ? Float64Array.from(values, Math.fround) : Float64Array.from(values) };
}

const like = (x: Nd, uniform: () => number): Nd => ({
  shape: x.shape,
  data: x.data.map(() => Math.fround(2 * uniform() - 1)),
});

/** Everything that one run of a case is fed with. */
function feedsOf(c: OpCase, sizes: Readonly<Record<string, number>>): { xs: Nd[]; r: Nd; s: Nd[] } {
  const uniform = stream(`${c.op} ${c.name} ${JSON.stringify(sizes)}`);
  const xs = c.inputs.map((spec) => makeInput(spec, sizes, uniform));
  return { xs, r: like(c.reference(...xs), uniform), s: xs.map((x) => like(x, uniform)) };
}

function boundFeeds(traced: TracedCase, xs: readonly Nd[], r: Nd, s: readonly Nd[]): Record<string, Value> {
  const all: Record<string, Value> = { r: toValue(r, "float32") };
  traced.inputs.forEach((t, i) => {
    all[`x${i}`] = toValue(xs[i]!, t.dtype);
    all[`s${i}`] = toValue(s[i]!, "float32");
  });
  return Object.fromEntries(traced.program.inputs.map((t) => [t.name!, all[t.name!]!]));
}

/** Largest difference relative to the largest expected magnitude (at least 1e-3, so that zeros are compared). */
function expectClose(what: string, actual: Nd, expected: Nd, tolerance: number): void {
  expect(actual.shape, `${what}: shape`).toEqual([...expected.shape]);
  let worst = 0;
  let largest = 1e-3;
  expected.data.forEach((e, i) => {
    const difference = Math.abs(actual.data[i]! - e);
    worst = Number.isNaN(difference) || difference > worst ? difference : worst;
    largest = Math.max(largest, Math.abs(e));
  });
  expect(worst / largest, `${what}: relative difference`).toBeLessThanOrEqual(tolerance);
}

/** Central differences of sum(reference · r) in double precision. */
function slopes(c: OpCase, xs: readonly Nd[], r: Nd, which: number): Nd {
  const step = 1e-5;
  const at = (n: number, delta: number): number => {
    const moved = xs.map((x, i) => (i === which ? { ...x, data: x.data.with(n, x.data[n]! + delta) } : x));
    return dot(c.reference(...moved).data, r.data);
  };
  const x = xs[which]!;
  return { shape: x.shape, data: x.data.map((_, n) => (at(n, step) - at(n, -step)) / (2 * step)) };
}

/**
 * One row of the conformance list on one runtime: type, value and gradient against the reference; on the CPU also the
 * gradient, and the gradient's gradient, against central differences of what ONNX Runtime itself computes.
 */
export async function checkOp(runtime: Runtime, c: OpCase, tolerance: Tolerance): Promise<void> {
  const traced = traceCase(c, { second: runtime.provider === "cpu" });
  const session = await runtime.open(traced.program);
  const y = traced.program.outputs.y!;
  try {
    for (const sizes of c.sizes ?? [{}]) {
      const { xs, r, s } = feedsOf(c, sizes);
      const run = async (moved: readonly Nd[]): Promise<Record<string, Nd>> => {
        const results = await session.run(boundFeeds(traced, moved, r, s));
        expect(results.y!.type).toBe(y.dtype);
        return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, toNd(value)]));
      };
      const results = await run(xs);
      const label = Object.keys(sizes).length === 0 ? "" : ` at ${JSON.stringify(sizes)}`;
      expectClose(`value${label}`, results.y!, c.reference(...xs), tolerance.value);
      if (!traced.hasGradient) continue;
      const byHand = typeof c.gradient === "function" ? c.gradient(r, ...xs) : undefined;
      traced.floats.forEach((i, k) => {
        const expected = byHand === undefined ? slopes(c, xs, r, i) : byHand[k]!;
        expectClose(`gradient of input ${i}${label}`, results[`grad${i}`]!, expected, tolerance.gradient);
      });
      if (runtime.provider === "cpu" && byHand === undefined) await checkDirections(c, traced, { xs, r, s }, run);
    }
  } finally {
    await session.dispose();
  }
}

const STEP = 1e-2;
const DIRECTIONS = 2;
const DIRECTIONAL_TOLERANCE = 1e-2;

/** Directional derivatives by central differences through the session: of sum(y · r), and of sum(gradients · s). */
async function checkDirections(
  c: OpCase,
  { floats }: TracedCase,
  { xs, r, s }: { xs: readonly Nd[]; r: Nd; s: readonly Nd[] },
  run: (xs: readonly Nd[]) => Promise<Record<string, Nd>>,
): Promise<void> {
  const uniform = stream(`directions of ${c.op} ${c.name}`);
  const here = await run(xs);
  for (let n = 0; n < DIRECTIONS; n++) {
    const direction = xs.map((x) => like(x, uniform));
    const moved = (sign: number): Nd[] =>
      xs.map((x, i) =>
        floats.includes(i) ? { ...x, data: x.data.map((v, k) => v + sign * STEP * direction[i]!.data[k]!) } : x,
      );
    const [plus, minus] = [await run(moved(1)), await run(moved(-1))];
    const compare = (what: string, level: string, measure: (results: Record<string, Nd>) => number): void => {
      const parts = floats.map((i) => here[`${level}${i}`]!.data.map((g, k) => g * direction[i]!.data[k]!));
      const scale = parts.reduce((sum, part) => sum + part.reduce((a, v) => a + Math.abs(v), 0), 0.1);
      const analytic = parts.reduce((sum, part) => sum + part.reduce((a, v) => a + v, 0), 0);
      const measured = (measure(plus) - measure(minus)) / (2 * STEP);
      expect(Math.abs(measured - analytic) / scale, what).toBeLessThanOrEqual(DIRECTIONAL_TOLERANCE);
    };
    compare("directional derivative", "grad", (results) => dot(results.y!.data, r.data));
    if (c.second)
      compare("second directional derivative", "second", (results) =>
        floats.reduce((sum, i) => sum + dot(results[`grad${i}`]!.data, s[i]!.data), 0),
      );
  }
}
