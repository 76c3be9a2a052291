import { expect, test } from "vitest";
import { boundaryDistance, edgeDistance, firstDifference } from "../../recipes/lib/same-seed.mjs";
import { imageStream, RowSampler } from "../../src/sampling/index.ts";

test("distances are shares of the row's probability", () => {
  const row = { weights: [1, 2, 1], total: 4 };
  expect(boundaryDistance(row, 0.3)).toBeCloseTo(0.05, 12);
  expect(boundaryDistance(row, 0.7)).toBeCloseTo(0.05, 12);
  expect(edgeDistance({ weights: [1, 2, 6, 1], total: 10 }, { weights: [2, 6], total: 8 }, 0.75)).toBeCloseTo(0.05, 12);
});

test("a difference by rounding is found at the boundary that the random number lies beside", () => {
  const [seed, classId, drawn] = [3, 1, 2];
  const random = imageStream(seed, classId, 0);
  for (let i = 0; i < drawn; i++) random.uniform();
  const u = random.uniform();
  // Two tokens whose boundary lies just beside the number, on either side of it.
  const logits = (share: number): Float32Array => Float32Array.of(Math.log(share), Math.log(1 - share));
  const drawnFrom = (share: number) => {
    const row = logits(share);
    const filter = { topK: 0, topP: 0, temperature: 1 };
    return { logits: row, tokens: [new RowSampler(2).sample(row, 0, filter, u)] };
  };
  const [ours, theirs] = [drawnFrom(u - 2e-6), drawnFrom(u + 2e-6)];
  expect([ours.tokens[0], theirs.tokens[0]]).toEqual([1, 0]);
  const filter = { topK: 0, topP: 0, temperature: 1 };
  const place = { seed, classId, drawn, at: 0, filter, greedy: false };
  const found = firstDifference(ours, theirs, place, { imageStream, RowSampler });
  expect(found).toMatchObject({ tokens: [1, 0], by: "a draw's boundary" });
  expect(found.distance).toBeLessThan(1e-5);
  // A token that another random number decided lies far from every boundary.
  const far = firstDifference(drawnFrom(u / 2), theirs, place, { imageStream, RowSampler });
  expect(far.distance).toBeGreaterThan(1e-2);
});
