import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCli } from "../../test/support/run-cli.ts";
import { openClassifier } from "../classifier/index.ts";
import { loadRgb } from "../image/node.ts";
import { nodeRuntime } from "../runtime/node.ts";

const models = fileURLToPath(new URL("../../models/", import.meta.url));
const DRAWN = 6;
const CLASSES = ["trouser", "bag"];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-best-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Told {
  readonly pictures: readonly {
    readonly file: string;
    readonly class: string;
    readonly index_within_class: number;
    readonly probability?: number;
  }[];
}

async function generate(name: string, ...argv: string[]) {
  const args = ["--model", `${models}fashion`, "--class", CLASSES.join(","), "--scales", "1,2,4,8", "--threads", "1"];
  return runCli("generate", ...args, "--out", join(folder, name), "--json", ...argv);
}

/** The judge's probabilities of a picture, by class. */
async function judged(files: readonly string[]): Promise<Record<string, number>[]> {
  const judge = await openClassifier(`${models}judges/fashion`, nodeRuntime({ threads: 1 }));
  const all: Record<string, number>[] = [];
  for (const file of files) {
    const { data, width, height } = await loadRgb(file);
    const { logits } = await judge.extract({ data, width, height, count: 1 });
    const odds = Array.from(logits, Math.exp);
    const sum = odds.reduce((a, b) => a + b);
    all.push(Object.fromEntries(judge.labels.map((label, i) => [label, odds[i]! / sum])));
  }
  await judge.close();
  return all;
}

it("keeps of each class the drawings that the judge is surest of, as they are drawn without it", async () => {
  const all = JSON.parse((await generate("all", "--count", `${DRAWN}`)).out) as Told;
  const odds = await judged(all.pictures.map(({ file }) => file));
  const { out, err, code } = await generate("best", "--count", "2", "--best-of", `${DRAWN}`, "--grid");
  expect(code, err).toBe(0);
  const best = JSON.parse(out) as Told;
  for (const label of CLASSES) {
    const expected = all.pictures
      .map((one, i) => ({ ...one, probability: odds[i]![label]! }))
      .filter((one) => one.class === label)
      .sort((a, b) => b.probability - a.probability)
      .slice(0, 2);
    const kept = best.pictures.filter((one) => one.class === label);
    expect(kept.map((one) => one.index_within_class)).toEqual(expected.map((one) => one.index_within_class));
    for (const [i, one] of kept.entries()) {
      expect(one.probability).toBeCloseTo(expected[i]!.probability, 5);
      const drawn = await loadRgb(expected[i]!.file);
      expect((await loadRgb(one.file)).data).toEqual(drawn.data);
    }
  }
  expect((await readFile(join(folder, "best", "sheet", "sheet.png"))).length).toBeGreaterThan(100);
  const again = await runCli(
    "repeat",
    best.pictures[3]!.file,
    "--model",
    `${models}fashion`,
    "--out",
    join(folder, "again"),
  );
  expect(again.code, again.err).toBe(0);
  expect(await readFile(join(folder, "again", "000.png"))).toEqual(await readFile(best.pictures[3]!.file));
}, 60_000);

it.each([
  [["--count", "3", "--best-of", "2"], "--best-of: expected at least the 3 pictures of each class to keep, got 2"],
  [["--judge", "fashion"], "--judge: expected it with --best-of only"],
  [["--best-of", "2", "--preview"], "--preview: expected it without --best-of"],
  [["--best-of", "2", "--large", "windows", "--size", "64"], "--large windows: expected it without --best-of"],
  [
    ["--best-of", "2", "--judge", "nobody"],
    '--judge: expected a judge\'s folder, or a shipped judge (emoji, fashion), got "nobody"',
  ],
])("refuses %j in words", async (flags, message) => {
  const { code, err } = await generate("none", ...flags);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});
