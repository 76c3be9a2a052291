import { execFileSync } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { plainPicture, temporaryFolder, writeTree } from "../../test/support/datasets.ts";
import { writeNpz } from "../checkpoint/index.ts";
import { comparedName, compareNaturally } from "../options/index.ts";
import { describeDataset, formatDataCard } from "./card.ts";
import { type Dataset, DatasetError } from "./dataset.ts";
import { type Label, numberLabels } from "./labels.ts";
import { openSides } from "./open.ts";

let picture: Buffer;
beforeAll(async () => {
  picture = await plainPicture("#ff0000");
});

const NAMES = [
  "1",
  "2",
  "10",
  "01",
  "caf\u00e9",
  "nai\u0308ve",
  "a b",
  "a-b",
  "A",
  "a",
  "train",
  "日本",
  "x.y",
  "#3",
  '"q"',
  "-",
];
const FILES = ["a.png", "b.JPG", "c.jfif", "10.webp", "2.tiff", "e\u0301.PNG"];
const LITTER = [".DS_Store", "._a.png", "Thumbs.db", "@eaDir/a.png", "__MACOSX/a.png", ".ipynb_checkpoints/a.png"];
const OTHERS = ["a.heic", "b.txt", "c.svg", "README", "d.bmp", "e.json"];

interface Case {
  /** Class folders and the pictures of each, possibly deeper inside. */
  readonly classes: readonly { readonly name: string; readonly files: readonly string[]; readonly deep: boolean }[];
  readonly splits: boolean;
  /** What lies at the top and in every class folder besides. */
  readonly litter: readonly string[];
  readonly others: readonly string[];
  readonly links: boolean;
  readonly pipe: boolean;
  readonly features: boolean;
  /** A file that makes the layout undecidable. */
  readonly poison: string | undefined;
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    classes: fc.uniqueArray(
      fc.record({ name: fc.constantFrom(...NAMES), files: fc.subarray(FILES), deep: fc.boolean() }),
      { minLength: 2, maxLength: 6, selector: ({ name }) => comparedName(name) },
    ),
    splits: fc.boolean(),
    litter: fc.subarray(LITTER),
    others: fc.subarray(OTHERS),
    links: fc.boolean(),
    pipe: fc.boolean(),
    features: fc.boolean(),
    poison: fc.option(fc.constantFrom("loose.png", "old.tar", "part.parquet", "set.npz"), { nil: undefined, freq: 3 }),
  })
  .filter(({ classes }) => classes.some(({ files }) => files.length > 0));

async function build(root: string, one: Case): Promise<void> {
  const sides = one.splits ? ["train/", "val/"] : [""];
  for (const side of sides) {
    for (const { name, files, deep } of one.classes) {
      const place = `${side}${name}/`;
      await writeTree(root, Object.fromEntries(files.map((file) => [`${place}${deep ? "x/y/" : ""}${file}`, picture])));
      await writeTree(root, { [`${place}notes.md`]: "x" });
      for (const file of one.litter) await writeTree(root, { [place + file]: picture });
      for (const file of one.others) await writeTree(root, { [place + file]: "x" });
      if (one.links) await symlink("nowhere.png", join(root, place, "gone.png"));
      if (one.links) await symlink("..", join(root, place, "up"));
    }
    if (one.pipe) execFileSync("mkfifo", [join(root, side, one.classes[0]!.name, "pipe.png")]);
    for (const file of [...one.litter, ...one.others]) await writeTree(root, { [side + file]: "x" });
  }
  const zeros = (shape: number[]) => new Uint8Array(shape.reduce((a, b) => a * b, 1));
  if (one.features)
    await writeNpz(join(root, "features.npz"), { features: { dtype: "uint8", shape: [2, 3], data: zeros([2, 3]) } });
  if (one.poison === "set.npz")
    await writeNpz(join(root, "set.npz"), { images: { dtype: "uint8", shape: [2, 1, 1, 3], data: zeros([2, 3]) } });
  else if (one.poison !== undefined) await writeTree(root, { [one.poison]: picture });
}

/** How many pictures each class has. */
function counted(dataset: Dataset): Record<string, number> {
  const counts = Object.fromEntries(dataset.classes.map((name) => [comparedName(name), 0]));
  for (let i = 0; i < dataset.length; i++) counts[comparedName(dataset.classes[dataset.labelOf(i)]!)]!++;
  return counts;
}

describe("any folder", () => {
  it("is read with exactly its classes and pictures, or refused in words", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        await using folder = await temporaryFolder();
        await build(folder.path, one);
        if (one.poison !== undefined) {
          const error: unknown = await openSides(folder.path).then(
            () => undefined,
            (refusal: unknown) => refusal,
          );
          expect(error).toBeInstanceOf(DatasetError);
          expect((error as Error).message).toMatch(/: expected .*, got .*/);
          return;
        }
        const { train, heldOut } = await openSides(folder.path);
        const names = one.classes.map(({ name }) => name);
        expect(train.classes).toEqual([...names].sort(compareNaturally));
        const expected = Object.fromEntries(one.classes.map(({ name, files }) => [comparedName(name), files.length]));
        expect(counted(train)).toEqual(expected);
        expect(heldOut === undefined).toBe(!one.splits);
        if (heldOut) expect([heldOut.classes, counted(heldOut)]).toEqual([train.classes, expected]);
        const again = await openSides(folder.path, { classes: [...names].reverse() });
        expect([again.train.classes, counted(again.train)]).toEqual([[...names].reverse(), expected]);
        for (let i = 0; i < train.length; i += 3) {
          const { name, label } = await train.get(i);
          expect(name.startsWith(`${train.classes[label]}/`)).toBe(true);
        }
        const { card } = await describeDataset(train, { look: 4, tile: 8 });
        expect([card.corrupt, card.empty.map(comparedName).sort()]).toEqual([
          [],
          Object.keys(expected)
            .filter((name) => expected[name] === 0)
            .sort(),
        ]);
        const text = formatDataCard(card);
        for (const reason of [
          ...(one.litter.length > 0 ? ["system litter"] : []),
          ...(one.links ? ["broken links", "links to a folder they lie in"] : []),
          ...(one.pipe ? ["pipes, sockets and devices"] : []),
          ...(one.features ? [".npz files without pictures"] : []),
        ])
          expect(text).toContain(reason);
      }),
      // A busy machine stops early rather than fails.
      { numRuns: 40, interruptAfterTimeLimit: 60_000 },
    );
  }, 240_000);
});

describe("numberLabels", () => {
  it("gives labels one class exactly where they are the same, named as they are, in as many classes as it takes", () => {
    const number = fc.oneof(
      fc.integer(),
      fc.integer({ min: 0, max: 5 }),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
    );
    const name = fc.constantFrom("caf\u00e9", "cafe\u0301", "b10", "b9", "x");
    const labels = fc.oneof(fc.array(number as fc.Arbitrary<Label>), fc.array(name as fc.Arbitrary<Label>));
    fc.assert(
      fc.property(labels, (given) => {
        const { classes, numbers } = numberLabels(given);
        given.forEach((label, i) => {
          expect(comparedName(classes[numbers[i]!]!)).toBe(comparedName(String(label)));
        });
        expect(classes.length).toBeLessThanOrEqual(Math.max(1000, new Set(given).size));
        expect(new Set(classes.map(comparedName)).size).toBe(classes.length);
      }),
    );
  });
});
