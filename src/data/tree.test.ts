import { execFileSync } from "node:child_process";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { plainPicture, temporaryFolder, writeTree } from "../../test/support/datasets.ts";
import { type NpzEntries, writeNpz } from "../checkpoint/index.ts";
import { describeDataset, formatDataCard } from "./card.ts";
import type { Dataset } from "./dataset.ts";
import { openDataset, openSides } from "./open.ts";
import { openPictureStream } from "./stream.ts";

let picture: Buffer;
beforeAll(async () => {
  picture = await plainPicture("#ff0000");
});

/** The class and name of every picture. */
const listed = (dataset: Dataset): string[] =>
  Array.from({ length: dataset.length }, (_, i) => `${dataset.classes[dataset.labelOf(i)]}: ${dataset.nameOf(i)}`);

/** A tree of pictures at these places, other files as they are. */
async function tree(path: string, pictures: readonly string[], others: Record<string, string | Uint8Array> = {}) {
  await writeTree(path, { ...Object.fromEntries(pictures.map((name) => [name, picture])), ...others });
}

const pictureArchive = (count: number): NpzEntries => ({
  images: { dtype: "uint8", shape: [count, 2, 2, 3], data: new Uint8Array(count * 12) },
  labels: { dtype: "uint8", shape: [count], data: Uint8Array.from({ length: count }, (_, i) => i % 2) },
});
const features: NpzEntries = { features: { dtype: "float32", shape: [2, 3], data: new Float32Array(6) } };

describe("class folders", () => {
  it("are sorted naturally, or by code unit for runs that began so, and kept as a run has them", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["1/a.png", "2/a.png", "10/a.png"]);
    expect((await openDataset(folder.path)).classes).toEqual(["1", "2", "10"]);
    const before = await openDataset(folder.path, { order: "code units" });
    expect(listed(before)).toEqual(["1: 1/a.png", "10: 10/a.png", "2: 2/a.png"]);
    const settled = await openDataset(folder.path, { classes: ["10", "gone", "2", "1"] });
    expect([settled.classes, ...listed(settled)]).toEqual([
      ["10", "gone", "2", "1"],
      "10: 10/a.png",
      "2: 2/a.png",
      "1: 1/a.png",
    ]);
    await expect(openDataset(folder.path, { classes: ["1", "2"] })).rejects.toThrow(
      'expected folders of the known classes, got "10" too',
    );
  });

  it("are one class in whatever Unicode form; two forms of one name in one folder are refused", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["train/caf\u00e9/a.png", "train/tea/a.png", "val/cafe\u0301/b.png", "val/tea/b.png"]);
    const { train, heldOut } = await openSides(folder.path);
    expect([train.classes, heldOut!.classes]).toEqual([
      ["caf\u00e9", "tea"],
      ["caf\u00e9", "tea"],
    ]);
    expect(listed(heldOut!)).toEqual(["caf\u00e9: cafe\u0301/b.png", "tea: tea/b.png"]);
    const settled = await openDataset(join(folder.path, "val"), { classes: ["tea", "caf\u00e9"] });
    expect(Array.from({ length: 2 }, (_, i) => settled.labelOf(i))).toEqual([0, 1]);
    await using other = await temporaryFolder();
    await tree(other.path, ["caf\u00e9/a.png", "cafe\u0301/a.png"]);
    await expect(openDataset(other.path)).rejects.toThrow(/twice, composed and decomposed \(cafe\\u\{301\} and caf\\u/);
  });

  it("name empty classes in the card", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["cat/a.png"], { "dog/notes.txt": "none yet" });
    const dataset = await openDataset(folder.path);
    const { card } = await describeDataset(dataset);
    expect([dataset.classes, card.empty]).toEqual([["cat", "dog"], ["dog"]]);
    expect(formatDataCard(card)).toContain('classes without pictures: 1 ("dog")');
  });
});

describe("litter", () => {
  const LITTER = [
    ".DS_Store",
    "._a.png",
    ".ipynb_checkpoints/a-checkpoint.png",
    "@eaDir/a.png",
    "__MACOSX/._a.png",
    "__MACOSX/a.png",
    "Thumbs.db",
    "desktop.ini",
    "$RECYCLE.BIN/a.png",
    "~$notes.docx",
    "Network Trash Folder/a.png",
    "Temporary Items/a.png",
    "_gsdata_/a.png",
    "Thumbs.db:encryptable",
    "a.png:Zone.Identifier",
  ];
  it.each([
    ["class folders", ["cat/a.png", "dog/b/a.png"], ["", "cat/", "dog/b/"]],
    ["splits", ["train/cat/a.png", "val/cat/a.png"], ["", "train/", "val/", "train/cat/"]],
    ["plain folders", ["a.png"], [""]],
  ])("is left out at every level of %s, counted once each", async (_, pictures, levels) => {
    await using clean = await temporaryFolder();
    await using folder = await temporaryFolder();
    await tree(clean.path, pictures);
    await tree(
      folder.path,
      pictures,
      Object.fromEntries(levels.flatMap((level) => LITTER.map((name) => [`${level}${name}`, picture]))),
    );
    const [own, other] = [await openDataset(clean.path), await openDataset(folder.path)];
    expect(listed(other).map((line) => line.replace(/^.*: /, ""))).toEqual(
      listed(own).map((line) => line.replace(/^.*: /, "")),
    );
    if (own.classes.length > 1) expect(other.classes).toEqual(own.classes);
    expect(own.reading!.leftOut).toEqual([]);
    // The two files of __MACOSX count as the folder.
    expect(other.reading!.leftOut).toMatchObject([{ reason: "system litter", count: 14 * levels.length }]);
  });
});

describe("files that are no data", () => {
  it("are counted by reason and named in the card; what sharp reads under rare extensions is read", async () => {
    await using folder = await temporaryFolder();
    const jpeg = await plainPicture("#00ff00", { format: "jpeg" });
    await tree(folder.path, ["a/1.PNG"], {
      "a/2.jfif": jpeg,
      "a/3.jpe": jpeg,
      "a/1.heic": "x",
      "b/2.heic": "x",
      "b/4.bmp": "x",
      "b/5.svg": "<svg/>",
      "b/1.txt": "caption",
      "b/README": "x",
      "b/6.pjpeg": jpeg,
      "b/7": jpeg,
    });
    const dataset = await openDataset(folder.path);
    expect(listed(dataset)).toEqual(["a: a/1.PNG", "a: a/2.jfif", "a: a/3.jpe", "b: b/6.pjpeg", "b: b/7"]);
    expect([...(await dataset.get(1)).image.data.slice(0, 3)]).toEqual([0, 255, 1]);
    const { card } = await describeDataset(dataset);
    expect(card.layout).toBe("one folder per class");
    expect(formatDataCard(card).split("\n")).toEqual(
      expect.arrayContaining([
        "read as: one folder per class",
        'left out: 2 .heic files ("a/1.heic", "b/2.heic")',
        'left out: 1 .bmp files ("b/4.bmp")',
        'left out: 1 files without extension ("b/README")',
      ]),
    );
  });

  it("are links to nothing, pipes, and links in circles", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["a/1.png", "b/1.png"]);
    await symlink("gone.png", join(folder.path, "a", "2.png"));
    await symlink("gone", join(folder.path, "c"));
    await symlink("..", join(folder.path, "b", "up"));
    await symlink("self", join(folder.path, "b", "self"));
    await symlink(join(folder.path, "a", "1.png"), join(folder.path, "b", "linked.png"));
    execFileSync("mkfifo", [join(folder.path, "b", "pipe.png")]);
    const dataset = await openDataset(folder.path);
    expect(listed(dataset)).toEqual(["a: a/1.png", "b: b/1.png", "b: b/linked.png"]);
    expect(dataset.reading!.leftOut).toEqual([
      { reason: "broken links", count: 3, names: expect.arrayContaining(["a/2.png", "b/self", "c"]) },
      { reason: "links to a folder they lie in", count: 1, names: ["b/up"] },
      { reason: "pipes, sockets and devices", count: 1, names: ["b/pipe.png"] },
    ]);
    await expect(openDataset(join(folder.path, "b", "pipe.png"))).rejects.toThrow("got a pipe, socket or device");
    await expect(openDataset(join(folder.path, "c"))).rejects.toThrow("got nothing (a link to nothing)");
  });

  it("link bombs end", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["x/a.png"]);
    for (let i = 0; i < 30; i++) {
      await mkdir(join(folder.path, "pool", String(i)), { recursive: true });
      for (const name of ["l", "r"])
        await symlink(join(folder.path, "pool", String(i + 1)), join(folder.path, "pool", String(i), name));
    }
    await tree(folder.path, ["pool/30/a.png"]);
    const dataset = await openDataset(folder.path);
    // Four ways lead to the picture over at most three links, of two each.
    expect(dataset.length).toBe(1 + 1 + 2 + 4 + 8);
    expect(dataset.reading!.leftOut).toMatchObject([{ reason: "links behind 3 other links" }]);
  });

  it("may vanish, change or become folders and pipes after they were listed", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["a/1.png", "a/2.png", "a/3.png", "a/4.png"]);
    const dataset = await openDataset(folder.path);
    const at = (name: string) => join(folder.path, "a", name);
    await rm(at("1.png"));
    await writeFile(at("2.png"), "changed");
    await rm(at("3.png"));
    await mkdir(at("3.png"));
    await rm(at("4.png"));
    execFileSync("mkfifo", [at("4.png")]);
    for (const [i, reason] of ["no such file", "", "a folder", "a pipe, socket or device"].entries())
      await expect(dataset.get(i)).rejects.toThrow(
        expect.objectContaining({
          name: "CorruptImageError",
          message: expect.stringContaining(`a/${i + 1}.png: expected a readable image, got: ${reason}`),
        }),
      );
    await rename(folder.path, `${folder.path}-away`);
    await expect(dataset.get(1)).rejects.toThrow("no such file");
    await rename(`${folder.path}-away`, folder.path);
  });
});

describe("splits", () => {
  it.each([
    ["val", "train", "val"],
    ["valid", "train", "valid"],
    ["test alone", "Training", "test"],
    ["validation", "train", "validation"],
    ["test_set", "train_set", "test_set"],
    ["Test-Set", "training-set", "Test-Set"],
    ["testing", "training_set", "testing"],
    ["eval", "TRAIN", "Eval"],
    ["evaluation_set", "train", "evaluation_set"],
  ])("%s is the held-out side", async (_, own, other) => {
    await using folder = await temporaryFolder();
    await tree(folder.path, [`${own}/2/a.png`, `${own}/10/a.png`, `${other}/10/b.png`]);
    const { train, heldOut } = await openSides(folder.path);
    expect([listed(train), listed(heldOut!)]).toEqual([["2: 2/a.png", "10: 10/a.png"], ["10: 10/b.png"]]);
    expect((await openDataset(folder.path, { split: "all" })).length).toBe(3);
    const stream = await openPictureStream(folder.path);
    expect([stream.split, stream.length, stream.labelOf(0)]).toEqual(["held-out", 1, 1]);
    expect(train.reading!.layout).toBe(`${own}/ (one folder per class) with ${other}/ held out`);
  });

  it("sets test/ aside where there is val/, and says so", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["train/a/1.png", "val/a/2.png", "test/a/3.png"]);
    const all = await openDataset(folder.path, { split: "all" });
    expect(listed(all)).toEqual(["a: a/1.png", "a: a/2.png"]);
    expect(all.reading!.layout).toBe('train/ (one folder per class) with val/ held out; "test/" set aside, not read');
  });

  it("are used without classes, in archives of every name, and below one folder", async () => {
    await using folder = await temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    await tree(at("plain"), ["train/1.png", "val/2.png", "val/3.png"]);
    const plain = await openSides(at("plain"));
    expect([plain.train.classes, plain.train.length, plain.heldOut!.classes, plain.heldOut!.length]).toEqual([
      ["plain"],
      1,
      ["plain"],
      2,
    ]);
    await mkdir(at("npz"));
    await writeNpz(join(at("npz"), "train.npz"), pictureArchive(4));
    await writeNpz(join(at("npz"), "my-test.npz"), pictureArchive(2));
    const npz = await openSides(at("npz"));
    expect([npz.train.length, npz.heldOut!.length]).toEqual([4, 2]);
    expect((await openPictureStream(at("npz"))).length).toBe(2);
    await tree(at("wrapped"), ["data/train/a/1.png", "data/test/a/2.png"]);
    expect((await openSides(at("wrapped"))).heldOut!.length).toBe(1);
    await tree(at("only"), ["train/a/1.png", "train/b/1.png"]);
    const only = await openSides(at("only"));
    expect([only.heldOut, only.train.classes]).toEqual([undefined, ["a", "b"]]);
  });

  it.each<[what: string, files: string[], words: string]>([
    ["val/", ["val/.gitkeep"], '"val/" without pictures'],
    ["folders of classes in val/", ["val/a/.gitkeep", "val/b/none.txt"], '"val/" without pictures'],
    ["val/ and test/", ["test_set/.gitkeep", "val/.gitkeep"], '"test_set/", "val/" without pictures'],
  ])("count as absent where they are empty, which is said: %s", async (_, files, words) => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["train/a/1.png", "train/b/1.png"], Object.fromEntries(files.map((name) => [name, "x"])));
    const { train, heldOut } = await openSides(folder.path);
    expect([train.classes, heldOut]).toEqual([["a", "b"], undefined]);
    expect(train.reading!.layout).toBe(`train/, the one split there is, ${words}: one folder per class`);
  });

  it("are splits beside empty ones and folders without pictures, below one folder too", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["x/train/a/1.png", "x/val/a/1.png"], { "x/test/none.txt": "x", "y/docs/README": "x" });
    const { train, heldOut } = await openSides(join(folder.path, "x"));
    expect([train.classes, heldOut!.length]).toEqual([["a"], 1]);
    expect(train.reading!.layout).toMatch(/with val\/ held out, "test\/" without pictures$/);
    await tree(folder.path, ["y/train/a/1.png", "y/train/b/1.png", "z/data/train/a/1.png"], {
      "z/data/val/x.txt": "x",
    });
    expect((await openSides(join(folder.path, "y"))).train.classes).toEqual(["a", "b"]);
    expect((await openSides(join(folder.path, "z"))).train.classes).toEqual(["a"]);
  });

  it("a class called train among other classes is a class", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["bus/a.png", "car/a.png", "train/a.png"]);
    expect((await openDataset(folder.path)).classes).toEqual(["bus", "car", "train"]);
  });

  it.each<[what: string, pictures: string[], message: string]>([
    [
      "splits beside classes",
      ["train/a/1.png", "val/a/1.png", "cat/1.png"],
      "expected either splits (train, val, test) or class folders, got both",
    ],
    [
      "splits below classes",
      ["cat/train/1.png", "cat/val/1.png", "dog/train/1.png"],
      "expected splits above the classes (train/cat), got them below",
    ],
    [
      "a split beside a folder of folders that is none",
      ["train/a/1.png", "train/b/1.png", "extra/b/1.png"],
      'expected splits (train, val, test) or folders of pictures, got "train" with folders of its own ("a", "b") beside "extra"',
    ],
    ["a split beside a folder of pictures", ["train/a/1.png", "unlabelled/1.png"], 'beside "unlabelled"'],
    ["no training side", ["val/a/1.png", "test/a/1.png"], "expected train beside"],
    [
      "two folders of one split",
      ["train/a/1.png", "val/a/1.png", "valid/a/1.png"],
      'expected one folder per split, got "val", "valid"',
    ],
    [
      "sides of two layouts",
      ["train/a/1.png", "val/1.png"],
      "expected val/ like train/ (one folder per class), got one folder of pictures without classes",
    ],
    [
      "loose files beside class folders",
      ["a/1.png", "b/1.png", "sheet.png"],
      'expected either pictures or folders of pictures, got 1 pictures ("sheet.png") beside the folders "a", "b"',
    ],
    [
      "a folder around folders",
      ["images/a/1.png", "images/b/1.png"],
      'got one folder "images" that holds only folders ("a", "b"); give',
    ],
  ])("refuses %s", async (_, pictures, message) => {
    await using folder = await temporaryFolder();
    await tree(folder.path, pictures);
    await expect(openSides(folder.path)).rejects.toThrow(message);
  });

  it("refuses a held-out class that training does not have", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["train/a/1.png", "val/a/1.png", "val/b/1.png"]);
    await expect(openSides(folder.path)).rejects.toThrow('val: expected folders of the known classes, got "b" too');
  });
});

describe("archives", () => {
  it("beside pictures are refused, in class folders too", async () => {
    await using folder = await temporaryFolder();
    await tree(join(folder.path, "x"), ["a/1.png"], { "old.tar": "x" });
    await expect(openDataset(join(folder.path, "x"))).rejects.toThrow(
      'expected either archives or pictures, got "old.tar" beside "a/"; name the one that is the data set',
    );
    await tree(join(folder.path, "y"), ["a/1.png", "b/1.png"], { "b/part.parquet": "x" });
    await expect(openDataset(join(folder.path, "y"))).rejects.toThrow('part.parquet in "b"');
    await tree(join(folder.path, "z"), [], { "a.tar": "x", "b.parquet": "x" });
    await expect(openDataset(join(folder.path, "z"))).rejects.toThrow("expected archives of one form");
    await tree(join(folder.path, "w"), [], { "pictures.zip": "x" });
    await expect(openDataset(join(folder.path, "w"))).rejects.toThrow("got .zip files (1); unpack it first");
    await tree(join(folder.path, "v"), [], { "train-0.tar": "x", "more.tar": "x" });
    await expect(openDataset(join(folder.path, "v"))).rejects.toThrow(
      'expected a split (train, val, test) in every file\'s name or in none, got "more.tar" beside "train-0.tar"',
    );
  });

  it(".npz of features are left out beside pictures; with classes.json the sheets beside an .npz are", async () => {
    await using folder = await temporaryFolder();
    await tree(folder.path, ["a/1.png", "b/1.png"]);
    await writeNpz(join(folder.path, "features.npz"), features);
    await writeNpz(join(folder.path, "a", "1.npz"), features);
    const dataset = await openDataset(folder.path);
    expect([dataset.classes, dataset.reading!.leftOut]).toEqual([
      ["a", "b"],
      [{ reason: ".npz files without pictures", count: 2, names: ["features.npz", "a/1.npz"] }],
    ]);
    await writeNpz(join(folder.path, "set.npz"), pictureArchive(2));
    await expect(openDataset(folder.path)).rejects.toThrow("expected either archives or pictures");
    await writeFile(join(folder.path, "classes.json"), '{"id2label": {"0": "x", "1": "y"}}');
    const prepared = await openDataset(folder.path);
    expect([prepared.classes, prepared.reading!.layout]).toEqual([
      ["x", "y"],
      'set.npz; "a/", "b/" beside it not read',
    ]);
  });
});
