import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { openDataset } from "../../src/data/index.ts";

interface EmojiModule {
  codeOf(text: string): string;
  analyse(code: string): { base: string; toned: boolean; gendered: boolean; turned: boolean };
}

interface SplitModule {
  chooseHeldOut(
    basesOfClass: ReadonlyMap<string, readonly string[]>,
    options: { readonly share: number; readonly seed: number },
  ): Set<string>;
}

const { analyse, codeOf } = await vi.importActual<EmojiModule>("../../recipes/emoji/lib/emoji.mjs");
const { chooseHeldOut } = await vi.importActual<SplitModule>("../../recipes/emoji/lib/split.mjs");
const recipe = new URL("../../recipes/emoji/", import.meta.url).pathname;

describe("the base of an emoji", () => {
  it.each([
    ["❤️", "❤", false, false, false],
    ["👋🏽", "👋", true, false, false],
    ["👩🏾‍🚀", "🧑‍🚀", true, true, false],
    ["🏃🏻‍♀️‍➡️", "🏃", true, true, true],
    ["🧔‍♂️", "🧔", false, true, false],
    ["👨‍🦰", "🧑‍🦰", false, true, false],
    ["👩", "👩", false, false, false],
    ["❤️‍🔥", "❤‍🔥", false, false, false],
    ["🐻‍❄️", "🐻‍❄", false, false, false],
  ])("%s is a variant of %s", (text, base, toned, gendered, turned) => {
    expect(analyse(codeOf(text))).toEqual({ base: codeOf(base), toned, gendered, turned });
  });
});

describe("the held-out side", () => {
  const range = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => (0x1f600 + from + i).toString(16));
  const classes = new Map([
    ["a", range(0, 50)],
    ["b", range(50, 70)],
  ]);

  it("is 6 % of each class and depends on the seed only", () => {
    const held = chooseHeldOut(classes, { share: 0.06, seed: 1 });
    const inClass = (name: string) => classes.get(name)!.filter((base) => held.has(base)).length;
    expect([inClass("a"), inClass("b")]).toEqual([3, 1]);
    const reversed = new Map([...classes].reverse().map(([name, bases]) => [name, [...bases].reverse()]));
    expect([...chooseHeldOut(reversed, { share: 0.06, seed: 1 })].sort()).toEqual([...held].sort());
    expect([...chooseHeldOut(classes, { share: 0.06, seed: 2 })].sort()).not.toEqual([...held].sort());
  });

  it("takes one drawing under several code points whole", () => {
    const twins = ["🧒", "👦", "👧"].map(codeOf);
    const people = new Map([["person", [...range(0, 17), ...twins]]]);
    const counts = Array.from({ length: 40 }, (_, seed) => {
      const held = chooseHeldOut(people, { share: 0.06, seed });
      return twins.filter((base) => held.has(base)).length;
    });
    expect(new Set(counts)).toEqual(new Set([0, 3]));
  });
});

interface Item {
  readonly set: string;
  readonly base: string;
  readonly class: string;
  readonly split: string;
}

describe.skipIf(!existsSync(join(recipe, "node_modules")))("the emoji data script (needs its packages)", () => {
  it("makes 20 to 60 classes of at least 20 base emoji, none on both sides of the split", async () => {
    const out = await mkdtemp(join(tmpdir(), "flexvar-emoji-"));
    try {
      const options = ["--out", out, "--size", "8", "--supersample", "1", "--no-sheets"];
      execFileSync(process.execPath, [join(recipe, "prepare.mjs"), ...options], { stdio: "pipe" });
      const items = JSON.parse(await readFile(join(out, "items.json"), "utf8")) as Item[];
      const train = await openDataset(out);
      const held = await openDataset(out, { split: "held-out" });
      expect(train.length + held.length).toBe(items.length);
      expect(train.classes.length).toBeGreaterThanOrEqual(20);
      expect(train.classes.length).toBeLessThanOrEqual(60);
      for (const name of train.classes) {
        expect(new Set(items.filter((i) => i.class === name).map((i) => i.base)).size, name).toBeGreaterThanOrEqual(20);
      }
      const sides = new Map<string, Set<string>>();
      const variants = new Map<string, number>();
      for (const { base, split, set } of items) {
        sides.set(base, (sides.get(base) ?? new Set()).add(split));
        variants.set(`${set} ${base}`, (variants.get(`${set} ${base}`) ?? 0) + 1);
      }
      expect([...sides.values()].every((of) => of.size === 1)).toBe(true);
      expect(Math.max(...variants.values())).toBe(2);
      expect(held.length / items.length).toBeGreaterThan(0.05);
      expect(held.length / items.length).toBeLessThan(0.08);
      expect(items.filter((i) => /^1f1[ef]/.test(i.base))).toEqual([]);
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  });
});
