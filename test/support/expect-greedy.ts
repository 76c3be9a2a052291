import { expect } from "vitest";
import { relativeError } from "./golden.ts";
import { floats, goldenNpz, integers } from "./golden-npz.ts";
import type { GreedyResult, GreedyRunName } from "./greedy-run.ts";

/** Compares runs with `ar_greedy.npz`: tokens identical; logits and pictures, if any, within `bar` of the largest value. */
export async function expectGreedy(
  names: readonly GreedyRunName[],
  results: readonly GreedyResult[],
  bar: number,
): Promise<void> {
  const golden = await goldenNpz("ar_greedy.npz");
  expect(results.length).toBe(names.length);
  for (const [i, name] of names.entries()) {
    const { tokens, logits, image } = results[i]!;
    expect(tokens, `${name}.tokens`).toEqual(integers(golden, `${name}.tokens`));
    expect(relativeError(logits, floats(golden, `${name}.logits`)), `${name}.logits`).toBeLessThanOrEqual(bar);
    if (image === null) continue;
    const firstOnly = !golden.has(`${name}.image`);
    const picture = firstOnly ? image.slice(0, image.length / 2) : image;
    const wanted = floats(golden, firstOnly ? `${name}.image0` : `${name}.image`);
    expect(relativeError(picture, wanted), `${name}.image`).toBeLessThanOrEqual(bar);
  }
}
