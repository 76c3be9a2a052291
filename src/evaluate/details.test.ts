import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plainExtractor, writeNoise } from "../../test/support/picture-sets.ts";
import { doubleProducts, evaluateSets, type FeatureExtractor, type PictureBytes } from "./index.ts";

const product = await doubleProducts(1);
let folder: string;
let [a, b, away] = ["", "", ""];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-details-"));
  [a, b, away] = ["a.npz", "b.npz", "away.npz"].map((name) => join(folder, name)) as [string, string, string];
  await writeNoise(a, { seed: 1 });
  await writeNoise(b, { seed: 2, count: 60 });
  await writeNoise(away, { seed: 3, shift: 30 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Places are pixels: the first four, and the first; both classes are one group. */
function nearExtractor(): FeatureExtractor {
  const plain = plainExtractor();
  const pixels = ({ data, count }: PictureBytes, places: number) => ({
    data: Float32Array.from({ length: 3 * places * count }, (_, at) => {
      const [picture, value] = [Math.floor(at / (3 * places)), at % (3 * places)];
      return data[picture * (data.length / count) + value]! / 255;
    }),
    places,
    width: 3,
  });
  return {
    ...plain,
    groups: [
      { name: "both", members: [0, 1] },
      { name: "none of them", members: [] },
    ],
    async extract(batch) {
      const rows = await plain.extract(batch);
      const details = { shallow: rows.features.slice(), fine: pixels(batch, 4), coarse: pixels(batch, 1) };
      return { ...rows, details };
    },
  };
}

const names = ["fid_shallow", "patch_fine", "patch_coarse"] as const;
const evaluate = (drawn: string, options: Partial<Parameters<typeof evaluateSets>[2]> = {}) =>
  evaluateSets(drawn, b, { extractor: nearExtractor(), product, bootstrap: 60, ...options });

test("near looks are compared with intervals, and those of other pictures lie outside", async () => {
  const [near, far] = [await evaluate(a), await evaluate(away)];
  for (const name of names) {
    const [low, high] = near.intervals[name]!;
    expect(low, name).toBeLessThanOrEqual(near[name]!);
    expect(high, name).toBeGreaterThanOrEqual(near[name]!);
    expect(far[name]!, name).toBeGreaterThan(high);
    expect(near.replicates[name]).toBe(60);
  }
  // The shallow rows are the features here.
  expect(near.fid_shallow).toBeCloseTo(near.fid!, 9);
  expect(near).toMatchObject({ top5_accuracy: 1, group_accuracy: 1, group_top5_accuracy: 1 });
  expect(near.reference_top!.group_accuracy).toMatchObject({ value: 1 });
});

test("a cached reference gives the same numbers, and its own shares", async () => {
  const cache = join(folder, "cache");
  const first = await evaluate(a, { cache });
  const second = await evaluate(a, { cache });
  expect([first.reference.cached, second.reference.cached]).toEqual([false, true]);
  expect({ ...second, reference: first.reference }).toEqual(first);
});

test("one of them alone is computed where asked, and a reason given where there are none", async () => {
  const alone = await evaluate(a, { metrics: ["patch_coarse"] });
  expect([alone.patch_coarse === null, alone.patch_fine, alone.missing.patch_fine]).toEqual([
    false,
    null,
    "not asked for",
  ]);
  const plain = await evaluate(a, { extractor: plainExtractor() });
  expect([plain.patch_fine, plain.missing.patch_fine]).toEqual([null, "the features have no near looks"]);
  expect(plain.missing.group_accuracy).toBe("the features have no groups of classes");
  expect((await evaluate(a, { bootstrap: 0 })).intervals.patch_fine).toBeNull();
});
