import { describe, expect, it } from "vitest";
import { goldenNpz, integers } from "../../test/support/golden-npz.ts";
import type { Grid } from "./grid.ts";
import { blockCausalBias, layoutScales } from "./layout.ts";

describe("layoutScales", () => {
  it("places scale after scale", () => {
    const layout = layoutScales([
      [1, 1],
      [2, 3],
      [4, 4],
    ]);
    expect(layout.begins).toEqual([0, 1, 7]);
    expect(layout.ends).toEqual([1, 7, 23]);
    expect(layout.total).toBe(23);
  });

  it("gives the reference mask", async () => {
    const golden = integers(await goldenNpz("transformer.npz"), "tf_mask_1_2_3_4");
    const layout = layoutScales([1, 2, 3, 4].map((n): Grid => [n, n]));
    expect(Array.from(blockCausalBias(layout))).toEqual(golden.map((allowed) => (allowed ? 0 : -1e9)));
  });

  it("refuses an empty list", () => {
    expect(() => layoutScales([])).toThrow("layoutScales: expected 1 to 64 grids, got 0");
  });
});
