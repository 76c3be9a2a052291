import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { heldBytes } from "../../test/support/held-bytes.ts";
import { plainExtractor, writeNoise } from "../../test/support/picture-sets.ts";
import { writeNpz } from "../checkpoint/index.ts";
import { compareResults, doubleProducts, evaluateSets, isEvaluationResult, overallVerdict } from "./index.ts";

const product = await doubleProducts(1);
let folder: string;
let [a, b] = ["", ""];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-evaluate-"));
  [a, b] = [join(folder, "a.npz"), join(folder, "b.npz")];
  await writeNoise(a, { seed: 1 });
  await writeNoise(b, { seed: 2, count: 50 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("evaluateSets", () => {
  it("gives distance 0, precision and recall 1 for a set against itself, and every number an interval", async () => {
    const result = await evaluateSets(a, a, { extractor: plainExtractor(), product, bootstrap: 60 });
    expect(result).toMatchObject({ precision: 1, recall: 1, class_accuracy: 1, accuracy_ratio: 1 });
    expect(result.fid).toBeLessThan(1e-6);
    expect(result.sfid).toBeLessThan(1e-6);
    expect(result.inception_score).toBeGreaterThan(1.5);
    for (const name of ["fid", "sfid", "inception_score", "precision", "recall", "kid", "class_accuracy"] as const) {
      const [low, high] = result.intervals[name]!;
      expect(low, name).toBeLessThanOrEqual(result[name]!);
      expect(high, name).toBeGreaterThanOrEqual(result[name]!);
      expect(result.replicates[name], name).toBe(name === "class_accuracy" ? 0 : 60);
    }
    expect(result.reference_accuracy).toMatchObject({ value: 1, pictures: 40 });
    expect([result.psnr, result.missing.psnr]).toEqual([null, "the sides are not compared picture by picture"]);
    expect(isEvaluationResult(JSON.parse(JSON.stringify(result)))).toBe(true);
    expect(result).toEqual(await evaluateSets(a, a, { extractor: plainExtractor(), product, bootstrap: 60 }));
  });

  it("keeps the reference's features, and computes them again where the file is damaged", async () => {
    const cache = join(folder, "cache");
    const extractor = plainExtractor();
    const run = () => evaluateSets(a, b, { extractor, product, bootstrap: 0, cache });
    const pictures = (): number => extractor.seen.splice(0).reduce((x, y) => x + y, 0);
    const first = await run();
    expect([first.reference.cached, pictures()]).toEqual([false, 90]);
    const second = await run();
    expect([second.reference.cached, pictures()]).toEqual([true, 40]);
    expect({ ...second, reference: first.reference }).toEqual(first);
    const [file] = await readdir(cache);
    await truncate(join(cache, file!), 500);
    const third = await run();
    expect([third.reference.cached, third.kid, pictures()]).toEqual([false, first.kid, 90]);
    // Another network, and other pictures under the same name, do not find them.
    const other = plainExtractor({ hash: "1".repeat(64) });
    expect((await evaluateSets(a, b, { extractor: other, product, bootstrap: 0, cache })).reference.cached).toBe(false);
    await writeNoise(b, { seed: 3 });
    expect((await run()).reference.cached).toBe(false);
  });

  it("takes statistics in place of pictures, and refuses those made otherwise", async () => {
    const saveStatistics = join(folder, "reference.npz");
    const options = { extractor: plainExtractor(), product, bootstrap: 0 };
    const whole = await evaluateSets(a, b, { ...options, saveStatistics });
    const short = await evaluateSets(a, saveStatistics, options);
    expect(short.fid).toBeCloseTo(whole.fid!, 9);
    expect(short.sfid).toBeCloseTo(whole.sfid!, 9);
    expect(short).toMatchObject({ precision: null, kid: null, inception_score: whole.inception_score });
    expect(short.missing.precision).toBe("the reference is statistics, not pictures");
    expect(short.reference).toMatchObject({ kind: "statistics", count: 50, protocol: "recorded", size: "12x12" });
    expect(short.warnings).toEqual([expect.stringContaining("a.npz: no record of how its pictures were made")]);
    await expect(evaluateSets(a, saveStatistics, { ...options, size: { width: 12, height: 12 } })).rejects.toThrow(
      "preparation: centre part, cubic with antialiasing and as they are",
    );
    const other = { ...options, extractor: plainExtractor({ hash: "1".repeat(64) }) };
    await expect(evaluateSets(a, saveStatistics, other)).rejects.toThrow(
      /reference\.npz: expected numbers.*features_hash: 1+ and 0+/,
    );
    await writeNoise(a, { side: 16 });
    await expect(evaluateSets(a, saveStatistics, options)).rejects.toThrow("size: 16x16 and 12x12");
    await expect(evaluateSets(a, b, options)).rejects.toThrow(/one size, got 16x16 in .* and 12x12 in .*--at N/);
    expect((await evaluateSets(a, b, { ...options, size: { width: 8, height: 8 } })).protocol).toMatchObject({
      size: "8x8",
      preparation: "centre part, cubic with antialiasing",
    });
  });

  it("computes with statistics that say nothing about themselves, with a warning", async () => {
    const path = join(folder, "theirs.npz");
    const double = (shape: number[], data: number[]) => ({
      dtype: "float64" as const,
      shape,
      data: Float64Array.from(data),
    });
    const eye = Array.from({ length: 49 }, (_, i) => Number(i % 8 === 0));
    await writeNpz(path, { mu: double([7], Array(7).fill(100)), sigma: double([7, 7], eye) });
    const { fid, sfid, warnings, reference } = await evaluateSets(a, path, {
      extractor: plainExtractor(),
      product,
      bootstrap: 0,
    });
    expect(fid).toBeGreaterThan(100);
    expect(sfid).toBeNull();
    expect(reference).toMatchObject({ count: null, protocol: "unknown" });
    expect(warnings[1]).toContain("theirs.npz: no record of how its statistics were made; counted as unknown");
    await writeNpz(path, { mu: double([2], [1, 2]), sigma: double([2, 2], [1, 0, 0, 1]) });
    await expect(evaluateSets(a, path, { extractor: plainExtractor(), product })).rejects.toThrow(
      "expected statistics of 7 features, got 2",
    );
    await writeNpz(path, { x: double([1], [1]) });
    await expect(evaluateSets(a, path, { extractor: plainExtractor(), product })).rejects.toThrow(
      "theirs.npz: expected images (or arr_0), or mu and sigma, got the arrays x",
    );
  });

  it("refuses pictures that are not what their record says", async () => {
    await writeFile(join(folder, "a.settings.json"), JSON.stringify({ size: "12x12", model: "m" }));
    const options = { extractor: plainExtractor(), product, bootstrap: 0 };
    const { pictures, warnings } = await evaluateSets(a, b, options);
    expect([pictures.protocol, pictures.record, warnings.length]).toEqual([
      "recorded",
      '{"size":"12x12","model":"m"}',
      1,
    ]);
    await writeFile(join(folder, "a.settings.json"), JSON.stringify({ size: "12x12", total: 41 }));
    expect((await evaluateSets(a, b, options)).warnings[0]).toMatch(/its record speaks of 41 pictures, there are 40$/);
    await writeFile(join(folder, "a.settings.json"), JSON.stringify({ size: "64x64" }));
    await expect(evaluateSets(a, b, options)).rejects.toThrow("size: 12x12 and 64x64");
  });

  it("holds no more memory for more pictures where no metric needs all features", async () => {
    const large = join(folder, "large.npz");
    const [count, side] = [300, 256];
    async function* pictures(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < count; i++) yield new Uint8Array(side * side * 3).fill(i % 250);
    }
    await writeNpz(large, { images: { dtype: "uint8", shape: [count, side, side, 3], chunks: pictures() } });
    const before = heldBytes();
    let [most, batches] = [0, 0];
    // Only the first pixel is looked at, so that the test is quick.
    const extractor = plainExtractor({
      labels: undefined,
      async extract({ data, count }) {
        if (batches++ % 4 === 0) most = Math.max(most, heldBytes() - before);
        const size = data.length / count;
        return {
          features: Float32Array.from({ length: 7 * count }, (_, k) => data[Math.floor(k / 7) * size]! * (k % 7)),
        };
      },
    });
    const { fid } = await evaluateSets(large, large, { extractor, product, metrics: ["fid"], bootstrap: 0 });
    expect(fid).toBeLessThan(1e-6);
    // A batch has 3 MB; there are 59 MB of pictures, read twice.
    expect(most).toBeGreaterThan(3e6);
    expect(most).toBeLessThan(20e6);
  });
});

describe("compareResults", () => {
  it("tells better from worse from not shown, and refuses what does not compare", async () => {
    const options = { extractor: plainExtractor(), product, bootstrap: 60 };
    const near = await evaluateSets(a, b, options);
    const far = join(folder, "far.npz");
    await writeNoise(far, { seed: 4, shift: 40 });
    const away = await evaluateSets(far, b, options);
    const found = compareResults(away, near);
    const fid = found.find(({ metric }) => metric === "fid")!;
    expect(fid).toMatchObject({ verdict: "better", before: away.fid, after: near.fid });
    expect(fid.interval![1]).toBeLessThan(0);
    expect(compareResults(near, away).find(({ metric }) => metric === "fid")!.verdict).toBe("worse");
    expect(overallVerdict(found)).toMatch(/^better in fid/);
    expect(overallVerdict(compareResults(near, near))).toBe("no difference shown");
    await writeNoise(far, { count: 39 });
    const fewer = await evaluateSets(far, b, options);
    expect(() => compareResults(near, fewer)).toThrow("40 and 39 pictures");
    const other = await evaluateSets(a, a, options);
    expect(() => compareResults(near, other)).toThrow("another reference");
  });

  it("takes documents of versions that had fewer metrics, and none that lacks an older one", async () => {
    const now = await evaluateSets(a, b, { extractor: plainExtractor(), product, bootstrap: 60 });
    const without = (...names: string[]) =>
      Object.fromEntries(Object.entries(now).filter(([name]) => !names.includes(name)));
    const earlier: unknown = without("fid_shallow", "patch_fine", "patch_coarse", "top5_accuracy", "group_accuracy");
    expect(isEvaluationResult(earlier)).toBe(true);
    const metrics = compareResults(earlier as typeof now, now).map(({ metric }) => metric);
    expect([metrics.includes("fid"), metrics.includes("top5_accuracy")]).toEqual([true, false]);
    expect(isEvaluationResult(without("fid"))).toBe(false);
  });
});
