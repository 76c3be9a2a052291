import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetMetadata } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { beforeAll, describe, expect, it } from "vitest";
import { plainPicture, temporaryFolder, writeTree } from "../../test/support/datasets.ts";
import { type NpyArray, writeNpz } from "../checkpoint/index.ts";
import type { Dataset } from "./dataset.ts";
import { openDataset, openSides } from "./open.ts";
import { openPictureStream } from "./stream.ts";

let picture: Buffer;
beforeAll(async () => {
  picture = await plainPicture("#ff0000");
});

type Column = Parameters<typeof parquetWriteBuffer>[0]["columnData"][number];

/** A Parquet file of red pictures with such labels; `names` as the hub writes class names. */
function table(labels: unknown[], type?: Column["type"], names?: readonly string[]): Buffer {
  const info = { info: { features: { label: { _type: "ClassLabel", names } } } };
  const label = { name: "label", data: labels, ...(type && { type }), nullable: true } as Column;
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [{ name: "image", data: labels.map(() => new Uint8Array(picture)), type: "BYTE_ARRAY" }, label],
      rowGroupSize: 2,
      ...(names && { kvMetadata: [{ key: "huggingface", value: JSON.stringify(info) }] }),
    }),
  );
}

/** The class of every picture. */
const classesOf = (dataset: Dataset): string[] =>
  Array.from({ length: dataset.length }, (_, i) => dataset.classes[dataset.labelOf(i)]!);

const reasons = ({ reading }: Dataset) => reading!.leftOut.map(({ reason, count, names }) => [reason, count, ...names]);

describe("Parquet", () => {
  it.each(["zstd", "gzip", "brotli", "lz4", "lz4-raw"])("reads columns compressed by %s", async (name) => {
    const dataset = await openDataset(new URL(`../../test/fixtures/data/${name}.parquet`, import.meta.url).pathname);
    expect(dataset.classes.map((text) => text.replace(/ +/, "-"))).toEqual(["green-green", "red-red"]);
    for (const index of [5, 0, 3]) {
      const { image, label } = await dataset.get(index);
      expect([image.width, label, image.data[0]]).toEqual([8 + index, 1 - (index % 2), index % 2 === 0 ? 255 : 0]);
    }
  });

  it.each<[what: string, labels: unknown[], type: Column["type"], classes: string[], seen: string[]]>([
    ["texts", ["b10", "b2", "b10"], "STRING", ["b2", "b10"], ["b10", "b2", "b10"]],
    ["texts without a type", [Buffer.from("b"), Buffer.from("a")], "BYTE_ARRAY", ["a", "b"], ["b", "a"]],
    ["booleans", [true, false, true], "BOOLEAN", ["false", "true"], ["true", "false", "true"]],
    ["numbers of 32 bits", [2, 0], "INT32", ["0", "1", "2"], ["2", "0"]],
    ["numbers with gaps", [7, -2, 1_000_000_000], "INT32", ["-2", "7", "1000000000"], ["7", "-2", "1000000000"]],
    [
      "numbers of 64 bits",
      [2n ** 62n, 2n ** 62n + 1n, 2n ** 32n, 0n],
      "INT64",
      ["0", "4294967296", "4611686018427387904", "4611686018427387905"],
      ["4611686018427387904", "4611686018427387905", "4294967296", "0"],
    ],
    ["whole numbers as floating point", [1, 0], "DOUBLE", ["0", "1"], ["1", "0"]],
  ])("reads labels that are %s", async (_, labels, type, classes, seen) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.parquet");
    await writeFile(path, table(labels, type));
    const dataset = await openDataset(path);
    expect([dataset.classes, classesOf(dataset)]).toEqual([classes, seen]);
  });

  it("reads lists of one and records with a label, and leaves out rows without one label", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.parquet");
    const labels = [["x"], [], ["x", "y"], { label: "z", score: 1 }, null, " ", 2 ** 60];
    await writeFile(path, table(labels, "JSON"));
    const dataset = await openDataset(path);
    expect([dataset.classes, classesOf(dataset), dataset.nameOf(1)]).toEqual([["x", "z"], ["x", "z"], "a.parquet[3]"]);
    expect(reasons(dataset)).toEqual([
      ["rows with empty lists as labels", 1, "a.parquet[1]"],
      ["rows with empty texts as labels", 1, "a.parquet[5]"],
      ["rows with no label", 1, "a.parquet[4]"],
      ["rows with numbers too large to be exact as labels", 1, "a.parquet[6]"],
      ["rows with several labels", 1, "a.parquet[2]"],
    ]);
    expect(dataset.chunks).toEqual([
      { begin: 0, end: 1 },
      { begin: 1, end: 2 },
    ]);
  });

  it("takes the class names of lists of one from the hub's features", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.parquet");
    const feature = { _type: "ClassLabel", names: ["cat", "dog"] };
    for (const label of [[feature], { _type: "Sequence", feature }]) {
      const kvMetadata = [{ key: "huggingface", value: JSON.stringify({ info: { features: { label } } }) }];
      const bytes = new Uint8Array(picture);
      const image: Column = { name: "image", data: [bytes, bytes], type: "BYTE_ARRAY" };
      const labels: Column = { name: "label", data: [[1], [0]], type: "JSON" };
      await writeFile(path, Buffer.from(parquetWriteBuffer({ columnData: [image, labels], kvMetadata })));
      expect(classesOf(await openDataset(path))).toEqual(["dog", "cat"]);
    }
  });

  it("names the other columns where none has labels", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.parquet");
    const image: Column = { name: "image", data: [new Uint8Array(picture)], type: "BYTE_ARRAY" };
    const others = ["breed", "caption"].map((name): Column => ({ name, data: ["x"], type: "STRING" }));
    await writeFile(path, Buffer.from(parquetWriteBuffer({ columnData: [image, ...others] })));
    expect((await openDataset(path)).reading!.layout).toBe(
      'one .parquet file; column "image", no labels; columns not read: "breed", "caption"',
    );
  });

  it("says which columns there are where none has pictures", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.parquet");
    const columnData = ["breed", "caption"].map((name): Column => ({ name, data: ["x"], type: "STRING" }));
    await writeFile(path, Buffer.from(parquetWriteBuffer({ columnData })));
    await expect(openDataset(path)).rejects.toThrow("a.parquet: expected a column image, got breed, caption");
  });

  it("matches shards by the names of their classes", async () => {
    await using folder = await temporaryFolder();
    await writeTree(folder.path, {
      "0.parquet": table([0, 1, 2], "INT32", ["cat", "dog", "caf\u00e9"]),
      "1.parquet": table([0, 1, 2, -1], "INT32", ["dog", "bird", "cafe\u0301"]),
      "2.parquet": table(["bird", "cat"], "STRING"),
    });
    const dataset = await openDataset(folder.path);
    expect(dataset.classes).toEqual(["cat", "dog", "caf\u00e9", "bird"]);
    expect(classesOf(dataset)).toEqual(["cat", "dog", "caf\u00e9", "dog", "bird", "caf\u00e9", "bird", "cat"]);
    expect(reasons(dataset)).toEqual([["rows with no label (-1)", 1, "1.parquet[3]"]]);
  });

  it("refuses shards that cannot be matched, naming the file or row", async () => {
    await using folder = await temporaryFolder();
    const refused = async (message: string, second: Buffer, first = table([0], "INT32", ["cat", "dog"])) => {
      await writeTree(folder.path, { "0.parquet": first, "1.parquet": second });
      await expect(openDataset(folder.path)).rejects.toThrow(message);
    };
    await refused("1.parquet: expected labels named as in the other files", table([0], "INT32"));
    await refused('expected labels named as in the other files ("cat", "dog"), got "bird"', table(["bird"], "STRING"));
    await refused("1.parquet: expected each class name once", table([0], "INT32", ["cat", "cat"]));
    await refused("1.parquet[0]: expected a label below 1, got 1", table([1], "INT32", ["cat"]));
    await refused("1.parquet[0]: expected a number as label", table(["a"], "STRING"), table([0], "INT32"));
    await refused("1.parquet: expected a Parquet file, got", Buffer.from("PAR1 none"));
    await refused("1.parquet: expected a Parquet file, got", Buffer.alloc(0));
    await refused(
      "0.parquet: expected rows with labels, got 2 rows with no label (-1)",
      table([-1], "INT32", ["a"]),
      table([-1], "INT32", ["a"]),
    );
  });

  it("uses the hub's splits, by file name and below data/, with the classes of the training side", async () => {
    await using folder = await temporaryFolder();
    await writeTree(folder.path, {
      "README.md": "x",
      "data/train-00000-of-00002.parquet": table(["b", "c"], "STRING"),
      "data/train-00001-of-00002.parquet": table(["a"], "STRING"),
      "data/test-00000-of-00001.parquet": table(["c", "c"], "STRING"),
    });
    const { train, heldOut } = await openSides(folder.path);
    expect([train.classes, train.length, heldOut!.classes, classesOf(heldOut!)]).toEqual([
      ["a", "b", "c"],
      3,
      ["a", "b", "c"],
      ["c", "c"],
    ]);
    expect(train.reading!.layout).toBe(
      'data/, the only folder: 2 files ("train-00000-of-00002.parquet", "train-00001-of-00002.parquet") with test-00000-of-00001.parquet held out; columns "image" and "label"',
    );
    await writeTree(folder.path, { "data/test-00000-of-00001.parquet": table(["d"], "STRING") });
    await expect(openSides(folder.path)).rejects.toThrow('expected the classes "a", "b", "c", got "d" too');
  });

  it.each<[what: string, names: string[] | undefined]>([
    ["with class names", ["a", "b"]],
    ["without", undefined],
  ])("leaves a held-out split out where nothing in it has a label, which the card says, %s", async (_, names) => {
    await using folder = await temporaryFolder();
    await writeTree(folder.path, {
      "train.parquet": table([0, 1, -1, 1], "INT32", names),
      "test.parquet": table([-1, null, -1], "INT32", names),
    });
    const { train, heldOut } = await openSides(folder.path);
    expect([train.length, train.classes.length, heldOut]).toEqual([3, 2, undefined]);
    expect(train.reading!.layout).toMatch(/; the held-out files have no labels and are left out$/);
    expect(reasons(train)).toEqual([
      ["rows with no label (-1)", 1, "train.parquet[2]"],
      ["held-out rows with no label (-1)", 2, "test.parquet[0]", "test.parquet[2]"],
      ["held-out rows with no label", 1, "test.parquet[1]"],
    ]);
    expect((await openDataset(folder.path, { split: "all" })).length).toBe(3);
    const stream = await openPictureStream(folder.path);
    expect([stream.length, stream.split]).toEqual([3, undefined]);
    await expect(openPictureStream(folder.path, { split: "held-out" })).rejects.toThrow("expected rows with labels");
    await expect(openDataset(folder.path, { split: "held-out" })).rejects.toThrow(
      "test.parquet: expected rows with labels, got 2 rows with no label (-1), 1 rows with no label",
    );
  });

  it("leaves a held-out split without a column of labels out", async () => {
    await using folder = await temporaryFolder();
    const image: Column = { name: "image", data: [new Uint8Array(picture)], type: "BYTE_ARRAY" };
    await writeTree(folder.path, {
      "train.parquet": table(["a", "b"], "STRING"),
      "test.parquet": Buffer.from(parquetWriteBuffer({ columnData: [image] })),
    });
    const { train, heldOut } = await openSides(folder.path);
    expect([train.classes, heldOut]).toEqual([["a", "b"], undefined]);
    expect(reasons(train)).toEqual([["held-out pictures without labels", 1, "test.parquet[0]"]]);
    await writeTree(folder.path, { "train.parquet": await readFile(join(folder.path, "test.parquet")) });
    expect((await openSides(folder.path)).heldOut!.length).toBe(1);
  });

  it("names file and row group of what cannot be read; pictures in it count as corrupt", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.parquet");
    const good = table(["x", "y", "x", "y"], "STRING");
    const { row_groups } = parquetMetadata(new Uint8Array(good).buffer);
    /** The file with the head of a column's pages overwritten. */
    const broken = (group: number, column: number): Buffer => {
      const { dictionary_page_offset, data_page_offset } = row_groups[group]!.columns[column]!.meta_data!;
      const at = Number(dictionary_page_offset ?? data_page_offset);
      return Buffer.from(good).fill(0xff, at, at + 12);
    };
    await writeFile(path, broken(1, 0));
    const dataset = await openDataset(path);
    expect((await dataset.get(0)).label).toBe(0);
    await expect(dataset.get(2)).rejects.toThrow(
      expect.objectContaining({
        name: "CorruptImageError",
        message: expect.stringMatching(
          /a\.parquet\[2\]: .*a\.parquet: row group 1: expected a readable column "image"/,
        ),
      }),
    );
    await writeFile(path, broken(1, 1));
    await expect(openDataset(path)).rejects.toThrow(
      'a.parquet: row group 1: expected a readable column "label", got: ',
    );
    await writeFile(path, good);
    const gone = await openDataset(path);
    await writeFile(path, (await readFile(path)).subarray(0, 40));
    await expect(gone.get(1)).rejects.toThrow(/a\.parquet\[1\]: expected a readable image, got: .*row group 0/);
  });
});

describe("archives that are none", () => {
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";
  it.each<[name: string, content: string | Buffer, message: string]>([
    ["a.parquet", "", "a.parquet: expected a Parquet file, got an empty file"],
    ["a.parquet", pointer, "a.parquet: expected a Parquet file, got a Git LFS pointer"],
    ["a.tar", "", "a.tar: expected a tar archive, got an empty file"],
    ["a.tar", gzipSync("x"), "a.tar: expected a tar archive, got a file compressed by gzip; unpack it first"],
    ["a.npz", pointer, "a.npz: expected a NumPy archive, got a Git LFS pointer"],
    ["a.tar.gz", gzipSync("x"), "or a folder, got .gz, which is compressed; unpack it first"],
    ["a.tgz", gzipSync("x"), "or a folder, got .tgz, which is compressed; unpack it first"],
  ])("%s are named for what they are", async (name, content, message) => {
    await using folder = await temporaryFolder();
    await writeTree(folder.path, { [name]: content });
    await expect(openDataset(join(folder.path, name))).rejects.toThrow(message);
  });

  it("broken metadata names the file once", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.parquet");
    const image: Column = { name: "image", data: [new Uint8Array(picture)], type: "BYTE_ARRAY" };
    const kvMetadata = [{ key: "huggingface", value: "{" }];
    await writeFile(path, Buffer.from(parquetWriteBuffer({ columnData: [image], kvMetadata })));
    const error = await openDataset(path).catch((refusal: Error) => refusal);
    expect(String(error).split(path).length).toBe(2);
    expect(String(error)).toContain('got: metadata "huggingface": expected JSON');
  });

  it.runIf(existsSync("/proc/self/fd"))("leaves nothing open where the held-out side is refused", async () => {
    await using folder = await temporaryFolder();
    await writeTree(folder.path, { "0.png": picture, "train.cls": "x", "val.cls": "y" });
    for (const side of ["train", "val"])
      execFileSync("tar", ["-cf", `${side}.tar`, `--transform=s/${side}.cls/0.cls/`, "0.png", `${side}.cls`], {
        cwd: folder.path,
      });
    await writeTree(folder.path, {
      "set/train.tar": await readFile(join(folder.path, "train.tar")),
      "set/val.tar": await readFile(join(folder.path, "val.tar")),
    });
    await expect(openSides(join(folder.path, "set"))).rejects.toThrow('expected the classes "x", got "y" too');
    const links = await readdir("/proc/self/fd");
    const open = await Promise.all(links.map((link) => readlink(`/proc/self/fd/${link}`).catch(() => "")));
    expect(open.filter((path) => path.startsWith(folder.path))).toEqual([]);
  });
});

describe("WebDataset", () => {
  /** A shard of members in this order. */
  async function shard(folder: string, name: string, members: Readonly<Record<string, string | Buffer>>) {
    const source = join(folder, `${name}-files`);
    await writeTree(source, members);
    const path = join(folder, name);
    execFileSync("tar", ["-cf", path, "-C", source, ...Object.keys(members)]);
    return path;
  }

  it("skips samples whose label cannot be read, by shard and key", async () => {
    await using folder = await temporaryFolder();
    const path = await shard(folder.path, "a.tar", {
      "0.png": picture,
      "0.json": '{"label": NaN}',
      "1.png": picture,
      "1.json": '{"label": "cat"',
      "2.png": picture,
      "2.json": '\ufeff{"label": "cat"}',
      "3.png": picture,
      "3.json": '{"label": 9007199254740993}',
      "4.png": picture,
      "4.json": '{"label": [1, 2]}',
      "5.png": picture,
      "5.cls": " ",
      "6.png": picture,
      "6.cls": "dog\n",
      "7.png": picture,
      "7.json": '{"label": ["cat"]}',
    });
    const dataset = await openDataset(path);
    expect([dataset.classes, classesOf(dataset), dataset.nameOf(0)]).toEqual([
      ["cat", "dog"],
      ["cat", "dog", "cat"],
      "a.tar/2",
    ]);
    expect(reasons(dataset)).toEqual([
      [
        "samples with unreadable .json",
        2,
        "a.tar/0 (label: expected a finite number, got NaN (line 1, column 11))",
        "a.tar/1 (label: expected JSON, got its end (line 1, column 16))",
      ],
      ["samples with empty texts as labels", 1, "a.tar/5"],
      ["samples with numbers too large to be exact as labels", 1, "a.tar/3"],
      ["samples with several labels", 1, "a.tar/4"],
    ]);
    await dataset.close();
  });

  it("keeps numbers of 64 bits apart and allocates nothing for gaps", async () => {
    await using folder = await temporaryFolder();
    const values = ["18446744073709551615", "18446744073709551614", "7", "007", "3000000000"];
    const members = Object.fromEntries(
      values.flatMap((value, i) => [
        [`${i}.png`, picture],
        [`${i}.cls`, value],
      ]),
    );
    const dataset = await openDataset(await shard(folder.path, "a.tar", members));
    expect([dataset.classes, classesOf(dataset)]).toEqual([
      ["7", "3000000000", "18446744073709551614", "18446744073709551615"],
      ["18446744073709551615", "18446744073709551614", "7", "7", "3000000000"],
    ]);
    await dataset.close();
  });

  it("chooses a sample's picture by rule", async () => {
    await using folder = await temporaryFolder();
    const [red, green] = [picture, await plainPicture("#00ff00")];
    const path = await shard(folder.path, "a.tar", {
      "0.depth.png": red,
      "0.png": red,
      "0.jpg": green,
      "1.mask.png": red,
      "1.image.png": green,
      "2.seg.png": green,
      "3.left.png": red,
      "3.right.png": red,
      "._0.png": red,
      "__MACOSX/0.png": red,
      "4.txt": "x",
    });
    const dataset = await openDataset(path);
    expect(Array.from({ length: dataset.length }, (_, i) => dataset.nameOf(i))).toEqual([
      "a.tar/0",
      "a.tar/1",
      "a.tar/2",
    ]);
    for (let i = 0; i < 3; i++) expect((await dataset.get(i)).image.data[0]).toBe(0);
    expect(reasons(dataset)).toEqual([
      ["system litter", 2, "a.tar/._0.png", "a.tar/__MACOSX/0.png"],
      [".depth.png members", 1, "a.tar/0.depth.png"],
      [".mask.png members", 1, "a.tar/1.mask.png"],
      [".png members", 1, "a.tar/0.png"],
      ["samples with several pictures, none named as theirs", 1, "a.tar/3"],
      ["samples without a picture", 1, "a.tar/4"],
    ]);
    await dataset.close();
  });

  it("counts members that are not read, and says which there are where none has labels", async () => {
    await using folder = await temporaryFolder();
    const one = (key: string, json: string) => ({
      [`${key}.png`]: picture,
      [`${key}.json`]: json,
      [`${key}.txt`]: "a cat",
    });
    const without = { ...one("0", '{"class": "cat"}'), ...one("1", "{}"), "1.label": "cat" };
    const plain = await openDataset(await shard(folder.path, "a.tar", without));
    expect([plain.classes, plain.length, plain.reading!.layout]).toEqual([
      ["image"],
      2,
      'one .tar file; no labels: expected .cls, or .json with "label", got only .json, .label, .txt, not used',
    ]);
    expect(reasons(plain)).toEqual([
      [".json members", 2, "a.tar/0.json", "a.tar/1.json"],
      [".txt members", 2, "a.tar/0.txt", "a.tar/1.txt"],
      [".label members", 1, "a.tar/1.label"],
    ]);
    const members = { ...one("0", '{"label": "cat"}'), ...one("1", '{"label": "cat"}'), "1.cls": "dog" };
    const labelled = await openDataset(await shard(folder.path, "b.tar", members));
    expect([classesOf(labelled), labelled.reading!.layout]).toEqual([["cat", "dog"], "one .tar file"]);
    expect(reasons(labelled)).toEqual([
      [".txt members", 2, "b.tar/0.txt", "b.tar/1.txt"],
      [".json members", 1, "b.tar/1.json"],
    ]);
    await Promise.all([plain.close(), labelled.close()]);
  });

  it("refuses class folders in an archive, and archives cut off while they are read name the sample", async () => {
    await using folder = await temporaryFolder();
    const classes = await shard(folder.path, "a.tar", { "cat/0.png": picture, "dog/0.png": picture });
    await expect(openDataset(classes)).rejects.toThrow(
      'expected .cls or .json labels, got pictures in the folders "cat/", "dog/"; unpack the archive',
    );
    const path = await shard(folder.path, "b.tar", { "0.png": picture, "1.png": picture });
    const dataset = await openDataset(path);
    await writeFile(path, (await readFile(path)).subarray(0, 1600));
    await expect(dataset.get(1)).rejects.toThrow(/b\.tar\/1: expected a readable image, got: \d+ bytes of/);
    await dataset.close();
  });

  it("uses splits in the shards' names", async () => {
    await using folder = await temporaryFolder();
    await using place = await temporaryFolder();
    const cls = (name: string) => ({ "0.png": picture, "0.cls": name });
    await shard(folder.path, "a.tar", { ...cls("x"), "1.png": picture, "1.cls": "y" });
    await shard(folder.path, "b.tar", cls("y"));
    await writeFile(join(place.path, "pets-train-000.tar"), await readFile(join(folder.path, "a.tar")));
    await writeFile(join(place.path, "pets-val-000.tar"), await readFile(join(folder.path, "b.tar")));
    const { train, heldOut } = await openSides(place.path);
    expect([classesOf(train), classesOf(heldOut!), heldOut!.labelOf(0)]).toEqual([["x", "y"], ["y"], 1]);
    await Promise.all([train.close(), heldOut!.close()]);
  });
});

describe(".npz", () => {
  it("without pictures is refused", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.npz");
    await writeNpz(path, { images: { dtype: "uint8", shape: [0, 2, 2, 3], data: new Uint8Array(0) } });
    await expect(openSides(path)).rejects.toThrow("a.npz: expected pictures to train on, got none");
  });

  it.each<[what: string, labels: Pick<NpyArray, "dtype" | "data">, classes: string[]]>([
    ["int64", { dtype: "int64", data: BigInt64Array.of(2n ** 62n, -1n, 3n) }, ["-1", "3", "4611686018427387904"]],
    [
      "uint64",
      { dtype: "uint64", data: BigUint64Array.of(2n ** 64n - 1n, 2n ** 63n, 0n) },
      ["0", "9223372036854775808", "18446744073709551615"],
    ],
    ["int32", { dtype: "int32", data: Int32Array.of(2 ** 31 - 1, -(2 ** 31), 0) }, ["-2147483648", "0", "2147483647"]],
    ["uint32", { dtype: "uint32", data: Uint32Array.of(2 ** 32 - 1, 5, 0) }, ["0", "5", "4294967295"]],
    ["int16", { dtype: "int16", data: Int16Array.of(2, 1, 0) }, ["0", "1", "2"]],
    ["bool", { dtype: "bool", data: Uint8Array.of(1, 0, 1) }, ["0", "1"]],
  ])("keeps labels of %s apart", async (_, labels, classes) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.npz");
    const images: NpyArray = { dtype: "uint8", shape: [3, 1, 1, 3], data: new Uint8Array(9) };
    for (const shape of [[3], [3, 1]]) {
      await writeNpz(path, { images, labels: { ...labels, shape } as NpyArray });
      const dataset = await openDataset(path);
      expect([dataset.classes, classesOf(dataset)]).toEqual([
        classes,
        Array.from(labels.data as ArrayLike<unknown>, String),
      ]);
    }
  });
});
