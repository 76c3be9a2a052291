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

interface Drawing {
  readonly set: string;
  readonly icon: string;
  readonly code: string;
  readonly svg: string;
}

interface SelectModule {
  select(
    drawings: readonly Drawing[],
    unicode: ReadonlyMap<string, { readonly label: string; readonly subgroup: string }>,
    options: { fewest: number; heldOutFrom: number; share: number; unseen: number; seed: number },
  ): { items: (Drawing & { readonly name: string; readonly base: string; readonly side: string })[]; tooFew: string[] };
}

interface NamesModule {
  nameOf(label: string): string;
  slugOf(label: string): string;
}

interface RenderModule {
  extentOf(svg: string): Promise<{ left: number; top: number; width: number; height: number }>;
  frame(svg: string, extent: object, options: { margin: number; most: number }): string;
}

const { analyse, codeOf } = await vi.importActual<EmojiModule>("../../recipes/emoji/lib/emoji.mjs");
const { select } = await vi.importActual<SelectModule>("../../recipes/emoji/lib/select.mjs");
const { nameOf, slugOf } = await vi.importActual<NamesModule>("../../recipes/emoji/lib/names.mjs");
const { extentOf, frame } = await vi.importActual<RenderModule>("../../recipes/emoji/lib/render.mjs");
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

describe("names of emoji", () => {
  it.each([
    ["cat face", "cat face", "cat-face"],
    ["keycap: 1", "keycap 1", "keycap-1"],
    ["Japanese “free of charge” button", "japanese free of charge button", "japanese-free-of-charge-button"],
    ["woman’s hat", "womans hat", "womans-hat"],
    ["piñata", "piñata", "pinata"],
  ])("%s", (label, name, slug) => {
    expect([nameOf(label), slugOf(label)]).toEqual([name, slug]);
  });
});

describe("the sides of the split", () => {
  const codes = Array.from({ length: 100 }, (_, i) => (0x1f600 + i).toString(16));
  const unicode = new Map(codes.map((code) => [code, { label: `emoji ${code}`, subgroup: "face" }]));
  const draw = (set: string, code: string): Drawing => ({ set, icon: code, code, svg: "" });
  // The first ten emoji are drawn by four sets, the next ten by three, the others by six.
  const drawings = codes.flatMap((code, i) =>
    ["a", "b", "c", "d", "e", "f"].slice(0, i < 10 ? 4 : i < 20 ? 3 : 6).map((set) => draw(set, code)),
  );
  const options = { fewest: 4, heldOutFrom: 5, share: 0.05, unseen: 7, seed: 1 };
  const sides = (list: readonly Drawing[], seed = 1) =>
    new Map(
      select(list, unicode, { ...options, seed }).items.map(({ set, code, side }) => [`${set} ${code}`, side] as const),
    );

  it("holds out drawings of often drawn emoji, at most one of each, and some emoji wholly", () => {
    const { items, tooFew } = select(drawings, unicode, options);
    expect(tooFew).toEqual(codes.slice(10, 20));
    const of = (side: string) => items.filter((item) => item.side === side);
    expect(new Set(of("unseen").map(({ base }) => base)).size).toBe(7);
    expect(of("unseen")).toHaveLength(7 * 6);
    const held = of("held-out");
    expect(held).toHaveLength(Math.round(0.05 * 73 * 6));
    expect(new Set(held.map(({ base }) => base)).size).toBe(held.length);
    expect(held.every(({ base }) => !codes.slice(0, 20).includes(base))).toBe(true);
  });

  it("depend on the seed and the names only", () => {
    expect([...sides([...drawings].reverse())].sort()).toEqual([...sides(drawings)].sort());
    expect([...sides(drawings, 2)].sort()).not.toEqual([...sides(drawings)].sort());
  });

  it("take one plain drawing of each set: no skin tones, no second drawing", () => {
    const hand = codeOf("👋");
    const toned = codeOf("👋🏽");
    const hands = new Map([[hand, { label: "waving hand", subgroup: "hand" }]]);
    const list = ["a", "b", "c", "d"].flatMap((set) => [draw(set, toned), draw(set, hand), draw(set, hand)]);
    const { items } = select(list, hands, options);
    expect(items.map(({ set, code }) => `${set} ${code}`)).toEqual(["a", "b", "c", "d"].map((set) => `${set} ${hand}`));
  });
});

describe("the frame of a drawing", () => {
  const svg = (x: number, y: number, side: number) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" viewBox="0 0 32 32"><rect x="${x}" y="${y}" width="${side}" height="${side / 2}"/></svg>`;

  it("gives drawings that fill the canvas and small ones the same margin, in the middle", async () => {
    for (const drawing of [svg(0, 0, 32), svg(2, 10, 26)]) {
      const { left, top, width, height } = await extentOf(
        frame(drawing, await extentOf(drawing), { margin: 0.1, most: 1.25 }),
      );
      expect(left).toBeCloseTo(0.1, 1);
      expect(width).toBeCloseTo(0.8, 1);
      expect(height).toBeCloseTo(0.4, 1);
      expect(top).toBeCloseTo(0.3, 1);
    }
  });

  it("enlarges what is small by a quarter at most", async () => {
    const small = svg(12, 12, 8);
    const { width } = await extentOf(frame(small, await extentOf(small), { margin: 0.1, most: 1.25 }));
    expect(width).toBeCloseTo(0.3125, 1);
  });
});

interface Item {
  readonly set: string;
  readonly name: string;
  readonly group?: string;
  readonly side: string;
}

describe.skipIf(!existsSync(join(recipe, "node_modules")))("the emoji data script (needs its packages)", () => {
  it("makes a class of every emoji, styles and groups, and keeps the sides apart", async () => {
    const out = await mkdtemp(join(tmpdir(), "flexvar-emoji-"));
    try {
      const options = ["--out", out, "--size", "8", "--supersample", "1", "--no-sheets"];
      execFileSync(process.execPath, [join(recipe, "prepare.mjs"), ...options], { stdio: "pipe" });
      const items = JSON.parse(await readFile(join(out, "items.json"), "utf8")) as Item[];
      const train = await openDataset(out);
      const held = await openDataset(out, { split: "held-out" });
      const unseen = await openDataset(join(out, "unseen"));
      expect(train.length + held.length).toBe(items.length);
      expect(train.classes.length).toBeGreaterThan(1200);
      expect(unseen.classes).toHaveLength(60);
      expect(unseen.classes.filter((name) => train.classes.includes(name))).toEqual([]);
      expect(train.styles).toHaveLength(7);
      for (let i = 0; i < train.length; i += 997) {
        const row = Number(/\[(\d+)\]$/.exec(train.nameOf(i))![1]);
        expect(train.classes[train.labelOf(i)]).toBe(items[row]!.name);
        expect(train.styles![train.styleOf!(i)]).toBe(items[row]!.set);
      }
      expect(Object.keys(train.groups!)).toHaveLength(47);
      expect(train.groups!["animal-face"]).toContain("cat face");
      const drawn = new Set(Array.from({ length: train.length }, (_, i) => train.labelOf(i)));
      for (let i = 0; i < held.length; i++) expect(drawn.has(held.labelOf(i))).toBe(true);
      expect(held.length / items.length).toBeGreaterThan(0.03);
      expect(held.length / items.length).toBeLessThan(0.05);
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  }, 600_000);
});
