import { describe, expect, it } from "vitest";
import { input, param, program } from "../engine/index.ts";
import { type ParamDecl, paramTensors } from "../nn/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { createRandom } from "../sampling/index.ts";
import { muonUpdate, orthogonalised } from "./muon.ts";
import { slotsOf } from "./step.ts";

const runtime = nodeRuntime({ threads: 1 });

function randomMatrix(m: number, n: number): Float32Array {
  const random = createRandom(3, "muon", m, n);
  return Float32Array.from({ length: m * n }, () => random.uniform() - 0.5);
}

async function orthogonalise(values: Float32Array, m: number, n: number, iterations: number): Promise<Float32Array> {
  const session = await runtime.open(program("muon", { out: orthogonalised(param("x", [m, n]), iterations) }));
  const { out } = await session.run({ x: runtime.floats(values, [m, n]) });
  return out!.data as Float32Array;
}

/** The formula in plain numbers: X ← aX + (bG + cG²)X with G = XXᵀ. */
function plain(values: Float32Array, m: number, n: number, iterations: number): number[] {
  const norm = Math.hypot(...values) + 1e-7;
  let x = Array.from(values, (v) => v / norm);
  for (let i = 0; i < iterations; i++) {
    const g = Array.from({ length: m * m }, (_, at) => {
      const [r, c] = [Math.floor(at / m), at % m];
      return Array.from({ length: n }, (_, k) => x[r * n + k]! * x[c * n + k]!).reduce((a, b) => a + b);
    });
    const inner = g.map((value, at) => {
      const [r, c] = [Math.floor(at / m), at % m];
      const square = Array.from({ length: m }, (_, k) => g[r * m + k]! * g[k * m + c]!).reduce((a, b) => a + b);
      return -4.775 * value + 2.0315 * square;
    });
    x = x.map((value, at) => {
      const [r, c] = [Math.floor(at / n), at % n];
      return (
        3.4445 * value + Array.from({ length: m }, (_, k) => inner[r * m + k]! * x[k * n + c]!).reduce((a, b) => a + b)
      );
    });
  }
  return x;
}

describe("Muon", () => {
  it("iterates as the formula says", async () => {
    const values = randomMatrix(3, 5);
    const out = await orthogonalise(values, 3, 5, 5);
    plain(values, 3, 5, 5).forEach((value, i) => {
      expect(out[i]).toBeCloseTo(value, 4);
    });
  });

  it("brings wide and tall matrices near orthonormal, alike but for the transposition", async () => {
    const [m, n] = [6, 20];
    const values = randomMatrix(m, n);
    const tall = Float32Array.from({ length: m * n }, (_, at) => values[(at % m) * n + Math.floor(at / m)]!);
    const wide = await orthogonalise(values, m, n, 5);
    const turned = await orthogonalise(tall, n, m, 5);
    for (let r = 0; r < m; r++) for (let c = 0; c < n; c++) expect(turned[c * m + r]).toBeCloseTo(wide[r * n + c]!, 4);
    // Its coefficients leave singular values within about 0.7 to 1.2, so their mean square is near 1.
    const square = wide.reduce((sum, v) => sum + v * v, 0) / m;
    expect(square).toBeGreaterThan(0.5);
    expect(square).toBeLessThan(1.5);
  });

  it.each([
    [3, 5, 0],
    [3, 4, 0.1],
  ])(
    "a step on a %d×%d matrix at a decay of %d is momentum, Nesterov's look ahead, and a matched size",
    async (m, n, weightDecay) => {
      const names = ["weight", "grad", "momentum"] as const;
      const values = names.map((_, i) => randomMatrix(m, n).map((v, at) => v * (i + 1) + 0.1 * at * i));
      const tensors = names.map((name) => param(name, [m, n]));
      const options = { momentum: 0.9, iterations: 3, weightDecay };
      const updated = muonUpdate(tensors[0]!, tensors[1]!, tensors[2]!, input("lr", "float32", []), options);
      const session = await runtime.open(program("muon_step", { next: updated.param, m: updated.m }));
      const feeds = names.map((name, i) => [name, runtime.floats(values[i]!, [m, n])]);
      const out = await session.run({ ...Object.fromEntries(feeds), lr: runtime.floats(Float32Array.of(0.25), []) });
      const [weight, grad, momentum] = values as [Float32Array, Float32Array, Float32Array];
      const kept = momentum.map((v, at) => 0.9 * v + grad[at]!);
      const direction = plain(
        grad.map((v, at) => v + 0.9 * kept[at]!),
        m,
        n,
        3,
      );
      kept.forEach((v, at) => {
        const moved = 0.25 * 0.2 * Math.sqrt(n) * direction[at]!;
        expect(out.m!.data[at]).toBeCloseTo(v, 5);
        expect(out.next!.data[at]).toBeCloseTo(weight[at]! * (1 - 0.25 * weightDecay) - moved, 4);
      });
    },
  );

  it("multiplies by the smaller of the two square products", () => {
    for (const [m, n] of [
      [3, 5],
      [5, 3],
    ] as const) {
      const { order } = program("muon", { out: orthogonalised(param("x", [m, n]), 2) });
      const squares = order.map(({ shape }) => shape.join()).filter((shape) => shape === "3,3" || shape === "5,5");
      expect(new Set(squares)).toEqual(new Set(["3,3"]));
    }
  });

  it("keeps no second moment of the matrices that it takes", () => {
    const decls: ParamDecl[] = ["a", "b"].map((name) => ({
      name,
      shape: [2, 2],
      init: { kind: "zeros" },
      decay: true,
    }));
    paramTensors(decls);
    const slots = slotsOf({
      adamW: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 },
      muon: { momentum: 0.95, iterations: 5, weightDecay: 0, takes: ({ name }) => name === "a" },
      clip: 1,
      ema: false,
    });
    expect(decls.map((decl) => slots(decl))).toEqual([
      ["param", "m"],
      ["param", "m", "v"],
    ]);
  });
});
