import { describe, expect, it } from "vitest";
import { unitCells } from "../../recipes/ablation/latents.ts";
import { fitResidualCodes } from "../../recipes/ablation/residual-codes.ts";
import { groundTruthSpace, residualSpace } from "../../recipes/ablation/spaces.ts";
import { createRandom } from "../../src/sampling/index.ts";

const Z = 4;
const sides = [1, 2, 4];
const cells = 16;

function normals(count: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}
const latentsOf = (count: number): Float32Array[] =>
  Array.from({ length: count }, (_, i) => unitCells(normals(Z * cells, i + 1), Z));

function difference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum / a.length;
}

describe("ground-truth tokens", () => {
  it("give a latent made of codes back, and every grid's input is the grid before it enlarged", () => {
    const codes = normals(8 * Z, 3);
    for (let v = 0; v < 8; v++) codes.set(unitCells(codes.slice(v * Z, (v + 1) * Z), Z), v * Z);
    const space = groundTruthSpace(codes, Z, sides);
    const ids = Int32Array.from({ length: cells }, (_, i) => (i * 5) % 8);
    const latent = Float32Array.from(
      { length: Z * cells },
      (_, k) => codes[ids[k % cells]! * Z + Math.floor(k / cells)]!,
    );
    const tokens = space.encode(latent);
    expect(tokens.map((t) => t.length)).toEqual([1, 4, 16]);
    expect([...tokens[2]!]).toEqual([...ids]);
    expect(space.latent(tokens)).toEqual(latent);
    const [second] = space.inputs(tokens);
    for (let cell = 0; cell < 4; cell++)
      expect([...second!.subarray(cell * Z, (cell + 1) * Z)]).toEqual([
        ...codes.subarray(tokens[0]![0]! * Z, (tokens[0]![0]! + 1) * Z),
      ]);
  });
});

describe("residual tokens", () => {
  const latents = latentsOf(40);
  const codes = fitResidualCodes(latents, Z, sides, 32, 6, createRandom(1));
  const space = residualSpace(codes, Z, sides);

  it("approach the latent grid by grid on average", () => {
    const after = [1, 2, 3].map((count) => {
      const errors = latents.map((latent) => difference(space.latent(space.encode(latent).slice(0, count)), latent));
      return errors.reduce((a, b) => a + b, 0) / errors.length;
    });
    expect(after[1]!).toBeLessThan(after[0]!);
    expect(after[2]!).toBeLessThan(0.5 * after[1]!);
  });

  it("feed each grid the sum so far, pooled to it", () => {
    const tokens = space.encode(latents[0]!);
    const inputs = space.inputs(tokens);
    const sum = space.latent(tokens.slice(0, 2));
    expect(inputs).toHaveLength(2);
    for (let i = 0; i < cells; i++)
      for (let z = 0; z < Z; z++) expect(inputs[1]![i * Z + z]).toBeCloseTo(sum[z * cells + i]!, 6);
  });

  it("are better with fitted codes than with drawn ones", () => {
    const drawn = fitResidualCodes(latents, Z, sides, 32, 0, createRandom(1));
    const mean = (s: typeof space): number =>
      latents.reduce((sum, latent) => sum + difference(s.latent(s.encode(latent)), latent), 0) / latents.length;
    expect(mean(space)).toBeLessThan(0.8 * mean(residualSpace(drawn, Z, sides)));
  });
});
