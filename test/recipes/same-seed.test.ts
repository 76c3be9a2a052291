import { expect, test } from "vitest";
import { edgeDistance, firstDifference } from "../../recipes/lib/same-seed.mjs";
import { imageStream, RowSampler, raceTime } from "../../src/sampling/index.ts";

test("an edge's distance is a share of the row's probability", () => {
  expect(edgeDistance({ weights: [1, 2, 6, 1], total: 10 }, { weights: [2, 6], total: 8 }, 0.75)).toBeCloseTo(0.05, 12);
});

test("a difference by rounding is found at the logit that makes two tokens arrive together", () => {
  const [seed, classId, drawn] = [3, 1, 2];
  const random = imageStream(seed, classId, 0);
  for (let i = 0; i < drawn; i++) random.uniform();
  const u = random.uniform();
  const filter = { topK: 0, topP: 0, temperature: 1 };
  // With this logit of token 0, both arrive at one time; it is drawn with a little more, and not with a little less.
  const even = Math.log(raceTime(u, 0, 1) / raceTime(u, 1, 1));
  const drawnFrom = (more: number) => {
    const row = Float32Array.of(even + more, 0);
    return { logits: row, tokens: [new RowSampler(2).sample(row, 0, filter, u)] };
  };
  const [ours, theirs] = [drawnFrom(-2e-6), drawnFrom(2e-6)];
  expect([ours.tokens[0], theirs.tokens[0]]).toEqual([1, 0]);
  const place = { seed, classId, drawn, at: 0, filter, greedy: false };
  const found = firstDifference(ours, theirs, place, { imageStream, RowSampler, raceTime });
  expect(found).toMatchObject({ tokens: [1, 0], by: "a draw" });
  expect(found.distance).toBeLessThan(1e-5);
  // A token that another random number decided lies far from every other.
  const far = firstDifference(drawnFrom(-1), theirs, place, { imageStream, RowSampler, raceTime });
  expect(far.distance).toBeGreaterThan(0.5);
});
