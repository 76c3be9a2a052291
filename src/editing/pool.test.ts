import fc from "fast-check";
import { expect, test } from "vitest";
import type { Grid } from "../sampling/index.ts";
import { keptCells, poolKept } from "./pool.ts";

const side = fc.integer({ min: 1, max: 7 });

test("a cell is kept where no cell within the widening has a hole pixel", () => {
  const cases = fc.record({
    h: side,
    w: side,
    factor: fc.integer({ min: 1, max: 3 }),
    widen: fc.integer({ min: 0, max: 3 }),
    holes: fc.array(fc.nat(), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(cases, ({ h, w, factor, widen, holes }) => {
      const hole = new Uint8Array(h * w * factor ** 2);
      for (const at of holes) hole[at % hole.length] = 1;
      const expected = Array.from({ length: h * w }, (_, cell) => {
        const [y, x] = [Math.floor(cell / w), cell % w];
        const near = [...hole.keys()].filter((at) => {
          const [v, u] = [Math.floor(at / (w * factor) / factor), Math.floor((at % (w * factor)) / factor)];
          return hole[at] === 1 && Math.abs(v - y) <= widen && Math.abs(u - x) <= widen;
        });
        return near.length === 0 ? 1 : 0;
      });
      expect([...keptCells(hole, [h, w], factor, widen)]).toEqual(expected);
    }),
    { numRuns: 300 },
  );
  expect([...keptCells(Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, ...new Array(8).fill(0)), [2, 2], 2, 0)]).toEqual([
    0, 1, 1, 1,
  ]);
});

test("latents are means over the kept cells under a token, over all of them where none is kept", () => {
  const cases = fc
    .record({ H: side, W: side, h: side, w: side, share: fc.constantFrom(0.25, 0.5, 0.75, 1), seed: fc.nat() })
    .filter(({ H, W, h, w }) => h <= H && w <= W);
  fc.assert(
    fc.property(cases, ({ H, W, h, w, share, seed }) => {
      const Z = 2;
      const latent = Float32Array.from({ length: H * W * Z }, (_, i) => ((i * 37 + seed) % 101) - 50);
      const kept = Uint8Array.from({ length: H * W }, (_, i) => ((i * 29 + seed) % 7 < 4 ? 1 : 0));
      const pooled = poolKept(latent, kept, [H, W], [h, w], share);
      expect([pooled.latent.length, pooled.forced.length]).toEqual([h * w * Z, h * w]);
      for (let token = 0; token < h * w; token++) {
        const [i, j] = [Math.floor(token / w), token % w];
        const window = [...kept.keys()].filter((at) => {
          const [y, x] = [Math.floor(at / W), at % W];
          return y + 1 > (i * H) / h && y < ((i + 1) * H) / h && x + 1 > (j * W) / w && x < ((j + 1) * W) / w;
        });
        const whole = window.filter((at) => kept[at] === 1);
        const used = whole.length > 0 ? whole : window;
        for (let z = 0; z < Z; z++) {
          const mean = used.reduce((sum, at) => sum + latent[at * Z + z]!, 0) / used.length;
          expect(pooled.latent[token * Z + z]).toBeCloseTo(mean, 4);
        }
        expect(pooled.forced[token]).toBe(whole.length > 0 && whole.length >= share * window.length ? 1 : 0);
      }
    }),
    { numRuns: 300 },
  );
});

test("a token over a hole alone is not forced, and is the mean of the hole", () => {
  const grid: Grid = [1, 1];
  expect(poolKept(Float32Array.of(1, 2, 3, 6), new Uint8Array(4), [2, 2], grid, 0.5)).toEqual({
    latent: Float32Array.of(3),
    forced: Uint8Array.of(0),
  });
});
