import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../test/support/run-cli.ts";
import { npyArray, readNpz, writeNpz } from "../checkpoint/index.ts";
import { encodePng } from "../image/index.ts";
import { createRandom } from "../sampling/index.ts";

const models = fileURLToPath(new URL("../../models/", import.meta.url));
const judge = join(models, "judges", "fashion");
let folder: string;
let [set, other, pictures] = ["", "", ""];

/** `count` pictures of 16×16 pixels: noise in a brightness of their class. */
function noise(count: number, seed: number): Uint8Array[] {
  const random = createRandom(seed, "noise");
  return Array.from({ length: count }, (_, i) =>
    Uint8Array.from({ length: 16 * 16 * 3 }, () => (i % 10) * 15 + random.int(100)),
  );
}

const stored = (images: readonly Uint8Array[]) => ({
  images: npyArray("uint8", [images.length, 16, 16, 3], new Uint8Array(Buffer.concat(images))),
  labels: npyArray(
    "uint8",
    [images.length],
    Uint8Array.from(images, (_, i) => i % 10),
  ),
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-evaluate-"));
  [set, other, pictures] = ["set.npz", "other.npz", "pictures"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeNpz(set, stored(noise(30, 1)));
  await writeNpz(other, stored(noise(40, 2)));
  const { writeFileAtomic } = await import("../files/index.ts");
  for (const [i, data] of noise(30, 1).entries())
    await writeFileAtomic(
      join(pictures, String(i % 10), `${String(i).padStart(3, "0")}.png`),
      encodePng({ data, width: 16, height: 16 }),
    );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const evaluate = (...argv: string[]) =>
  runCli("evaluate", "--bootstrap", "20", ...argv, "--cache", join(folder, "cache"), "--threads", "1");

interface Printed {
  readonly [name: string]: unknown;
  readonly fid: number;
  readonly warnings: string[];
}

async function printed(...argv: string[]): Promise<Printed> {
  const { code, out, err } = await evaluate(...argv, "--json");
  expect([code, err.includes("flexvar:")], err).toEqual([0, false]);
  return JSON.parse(out) as Printed;
}

describe("flexvar evaluate", () => {
  it("gives one set as archive and as folder distance 0, and says what it compared", async () => {
    const { fid, precision, recall, warnings, intervals, ...rest } = await printed(pictures, set, "--features", judge);
    expect([precision, recall]).toEqual([1, 1]);
    expect(fid).toBeLessThan(1e-6);
    expect(intervals).toMatchObject({ fid: [expect.any(Number), expect.any(Number)], sfid: null });
    expect(rest).toMatchObject({
      command: "evaluate",
      sfid: null,
      protocol: { features: "judge trained on fashion-data", size: "16x16" },
      pictures: { count: 30, size: "16x16", protocol: "unknown" },
      versions: { flexvar: expect.any(String), onnxruntime: expect.stringMatching(/^1\./) },
    });
    expect(warnings).toHaveLength(2);
    const { out, err } = await evaluate(set, set, "--features", "fashion");
    expect(out).toMatch(/^FID +\S+ .* lower is better, 20 replicates$/m);
    expect(out).toMatch(/^pictures: +30 pictures, .*set\.npz \(16x16, sha256 [0-9a-f]{12}, protocol unknown\)$/m);
    expect(out).toContain("without sFID: the features have no spatial part");
    expect(err).toContain("warning: ");
  });

  it("compares with an earlier evaluation, and saves statistics that numpy's readers and it can use", async () => {
    const [before, statistics] = [join(folder, "before.json"), join(folder, "statistics.npz")];
    await printed(set, other, "--features", judge, "--out", before, "--save-statistics", statistics);
    const { out } = await evaluate(set, other, "--features", judge, "--baseline", before);
    expect(out).toMatch(/^metric +before +after +difference/m);
    expect(out).toMatch(/^verdict: no difference shown$/m);
    const arrays = await readNpz(statistics);
    expect([...arrays.keys()]).toEqual(["mu", "sigma", "count", "protocol"]);
    expect(arrays.get("sigma")).toMatchObject({ dtype: "float64", shape: [96, 96] });
    const short = await printed(set, statistics, "--features", judge);
    expect(short.fid).toBeCloseTo((JSON.parse(await readFile(before, "utf8")) as Printed).fid, 9);
    // Another judge gives numbers of another kind.
    const changed = join(folder, "judge");
    await cp(judge, changed, { recursive: true });
    const config = join(changed, "config.json");
    await writeFile(config, (await readFile(config, "utf8")).replace('"t-shirt"', '"shirt, short"'));
    const conflict = await evaluate(set, statistics, "--features", changed);
    expect([conflict.code, conflict.err]).toEqual([
      1,
      expect.stringMatching(/statistics\.npz: expected.*features_hash/),
    ]);
    const stale = await evaluate(set, other, "--features", changed, "--baseline", before);
    expect([stale.code, stale.err]).toEqual([
      1,
      expect.stringContaining("baseline: expected an evaluation made as this one"),
    ]);
  });

  it("compares two files of statistics without features, and asks for them where pictures must be turned into some", async () => {
    const [a, b, both, foreign] = ["a", "b", "both", "foreign"].map((name) =>
      join(folder, `${name}-statistics.npz`),
    ) as [string, string, string, string];
    const full = await printed(set, other, "--features", judge, "--save-statistics", b);
    await printed(other, set, "--features", judge, "--save-statistics", a);
    const short = await printed(a, b, "--out", join(folder, "short.json"));
    expect(short.fid).toBeCloseTo(full.fid, 9);
    expect(short).toMatchObject({
      precision: null,
      missing: { precision: "the reference is statistics, not pictures" },
      protocol: { features: "judge trained on fashion-data", size: "16x16" },
      pictures: { kind: "statistics", count: 30 },
      reference: { kind: "statistics", count: 40 },
    });
    expect((await evaluate(a, b, "--baseline", join(folder, "short.json"))).out).toMatch(/^verdict: /m);
    // As OpenAI's reference batches are: pictures and statistics in one file.
    const arrays = await readNpz(b);
    const [mu, sigma] = [arrays.get("mu")!, arrays.get("sigma")!];
    await writeNpz(both, { ...stored(noise(40, 2)), mu, sigma });
    expect((await printed(a, both)).fid).toBeCloseTo(full.fid, 9);
    await writeNpz(foreign, {
      mu: npyArray("float64", [2], new Uint8Array(16)),
      sigma: npyArray("float64", [2, 2], new Uint8Array(32)),
    });
    const narrow = await evaluate(foreign, b);
    expect([narrow.code, narrow.err]).toEqual([1, expect.stringContaining("expected statistics of 96 features")]);
    for (const argv of [
      [set, b],
      [a, set],
      [both, both, "--metrics", "fid,kid"],
      [both, a, "--metrics", "inception_score"],
    ]) {
      const { code, err } = await evaluate(...argv);
      expect([code, err], argv.join(" ")).toEqual([2, expect.stringContaining("--features: expected inception")]);
    }
  });

  it("judges reconstructions picture by picture", async () => {
    const images = noise(30, 1);
    const brighter = join(folder, "brighter.npz");
    await writeNpz(brighter, stored(images.map((data) => data.map((v) => v + 10))));
    const { psnr, ssim, rfid, fid, missing } = await printed(brighter, set, "--reconstruction", "--features", judge);
    expect(psnr).toBeCloseTo(10 * Math.log10(255 ** 2 / 100), 9);
    expect(ssim).toBeGreaterThan(0.9);
    expect(rfid).toBeGreaterThan(0);
    expect([fid, (missing as Record<string, string>).fid]).toEqual([null, "the sides are compared picture by picture"]);
    expect(await printed(set, set, "--reconstruction")).toMatchObject({ psnr: 100, rfid: null });
    const { code, err } = await evaluate(set, other, "--reconstruction");
    expect([code, err]).toEqual([1, expect.stringContaining("expected 40 pictures, one for each")]);
    // The folder's pictures come class by class.
    const turned = await evaluate(pictures, set, "--reconstruction");
    expect([turned.code, turned.err]).toEqual([1, expect.stringContaining("got 0 for its 1 at picture 2")]);
  });

  it("finds before the work starts that a result cannot be written", async () => {
    const blocked = join(set, "result.json");
    const { code, err } = await evaluate(set, other, "--features", judge, "--out", blocked);
    expect([code, err]).toEqual([1, expect.stringContaining("expected a folder to write into")]);
    expect(err).not.toContain("features:");
  });

  it("judges a tokenizer by its reconstructions", async () => {
    const found = await printed(set, "--tokenizer", "fashion", "--features", "fashion");
    expect(found).toMatchObject({
      psnr: expect.any(Number),
      rfid: expect.any(Number),
      codebook_used: expect.any(Number),
      pictures: { path: join(models, "fashion"), count: 30 },
    });
    expect(found.psnr).toBeGreaterThan(5);
    expect(found.codebook_perplexity).toBeGreaterThan(1);
  });

  it("draws a model's own pictures, judges them, and says whether they are better than another's", async () => {
    const samples = join(folder, "drawn");
    const flags = ["--model", "fashion", "--scales", "1,2,4", "--total", "20", "--against", set];
    const { baseline, pictures } = await printed(...flags, "--samples", samples, "--baseline", "fashion", "--at", "16");
    expect(baseline).toMatchObject({ verdict: expect.any(String), differences: expect.any(Array) });
    expect(pictures).toMatchObject({ path: samples, count: 20, protocol: "recorded" });
    const again = await evaluate(...flags, "--samples", samples);
    expect([again.code, again.err]).toEqual([0, expect.stringContaining("0 pictures to draw, 20 of 20 are there")]);
  }, 300_000);

  it("says what is wrong with its input", async () => {
    const cut = join(folder, "cut.npz");
    await cp(set, cut);
    await truncate(cut, 3000);
    const wide = join(folder, "wide.npz");
    await writeNpz(wide, { images: npyArray("uint8", [4, 8, 16, 3], new Uint8Array(4 * 8 * 16 * 3)) });
    const empty = await mkdtemp(join(folder, "empty-"));
    const bad: readonly (readonly [code: number, words: string, ...argv: string[]])[] = [
      [1, "cut.npz: expected a zip archive", cut, set, "--features", judge],
      [1, "expected pictures of one size, got 16x8", wide, set, "--features", judge],
      [1, "expected pictures, class folders", empty, set, "--features", judge],
      [1, "none.npz: expected pictures or statistics, got no such file", "none.npz", set, "--features", judge],
      [
        2,
        "--features: expected inception, a judge's folder, or a shipped judge (emoji, fashion",
        set,
        set,
        "--features",
        "x",
      ],
      [2, "--features: expected inception, a judge's folder", set, set],
      [2, "--weights: expected the published PyTorch conversion", set, set, "--features", "inception"],
      [2, "--resize: expected it with --features inception only", set, set, "--features", judge, "--resize", "area"],
      [2, "--guidance: expected it with --against only", set, set, "--features", judge, "--guidance", "3"],
      [2, "--metrics: expected some of fid,", set, set, "--features", judge, "--metrics", "fid,lpips"],
      [2, "A, B: expected pictures to judge and a reference", set],
      [1, "expected a data set with a split of its own", set, set, "--features", judge, "--split", "train"],
      [2, "--baseline: expected a file", set, set, "--features", judge, "--baseline", "none.json"],
    ];
    for (const [expected, words, ...argv] of bad) {
      const { code, err } = await evaluate(...argv);
      expect([code, err], argv.join(" ")).toEqual([expected, expect.stringContaining(words)]);
    }
  });
});
