import { expect, test } from "vitest";
import { createRandom } from "../sampling/index.ts";
import { bootstrapInterval, doubleProducts, type Interval, kernelDistance, momentsOf } from "./index.ts";
import { distanceScore, manifolds } from "./set-metrics.ts";

const product = await doubleProducts(1);
const [DIM, COUNT] = [8, 80];

/** Normal rows, the first feature shifted. */
function rows(seed: number, count: number, shift: number): Float32Array {
  const random = createRandom(seed, "rows");
  return Float32Array.from({ length: count * DIM }, (_, i) => random.normal() + (i % DIM === 0 ? shift : 0));
}

test("intervals of distances and shares are as wide as sets drawn anew differ", async () => {
  const reference = rows(999, 200, 0.7);
  const moments = await momentsOf(reference, DIM, product);
  const found: Record<string, { value: number; interval: Interval }[]> = {
    frechet: [],
    kernel: [],
    precision: [],
    recall: [],
  };
  for (let seed = 0; seed < 40; seed++) {
    const drawn = rows(seed, COUNT, 0);
    const own = await momentsOf(drawn, DIM, product);
    const randomFor = (name: string) => createRandom(seed, name);
    const frechet = await distanceScore("features", { moments: [own], rows: drawn }, [moments], {
      bootstrap: 60,
      randomFor,
      product,
    });
    found.frechet!.push({ value: frechet.value!, interval: frechet.interval! });
    const kernel = await kernelDistance(reference, drawn, DIM, product, randomFor("kid"), 60);
    found.kernel!.push({ value: kernel.value, interval: bootstrapInterval(kernel.value, kernel.replicates)! });
    const shares = await manifolds(reference, drawn, DIM, { bootstrap: 60, randomFor, product });
    for (const name of ["precision", "recall"] as const)
      found[name]!.push({ value: shares[name].value!, interval: shares[name].interval! });
  }
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  for (const [name, runs] of Object.entries(found)) {
    const centre = mean(runs.map(({ value }) => value));
    const deviation = Math.sqrt(mean(runs.map(({ value }) => (value - centre) ** 2)));
    const width = mean(runs.map(({ interval: [low, high] }) => high - low)) / (2 * 1.96);
    expect(width / deviation, name).toBeGreaterThan(0.75);
    expect(width / deviation, name).toBeLessThan(1.7);
    const inside = runs.filter(({ interval: [low, high] }) => low <= centre && centre <= high).length;
    expect(inside / runs.length, name).toBeGreaterThan(0.85);
  }
});
