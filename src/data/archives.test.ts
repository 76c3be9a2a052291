import { execFileSync } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { plainPicture, temporaryFolder, writeTree } from "../../test/support/datasets.ts";
import { writeNpz } from "../checkpoint/index.ts";
import { batches } from "./batches.ts";
import { CorruptImageError } from "./dataset.ts";
import { openNpzDataset } from "./npz.ts";
import { openDataset, planData } from "./open.ts";
import { openParquet } from "./parquet.ts";
import { openWebDataset } from "./webdataset.ts";

const parquetFile = new URL("../../test/fixtures/data/pictures.parquet", import.meta.url).pathname;

function u8(shape: number[], value: (i: number) => number) {
  const length = shape.reduce((a, b) => a * b, 1);
  return { dtype: "uint8" as const, shape, data: Uint8Array.from({ length }, (_, i) => value(i)) };
}

describe("openNpzDataset", () => {
  const images = u8([4, 2, 2, 3], (i) => i);
  const labels = { dtype: "int64" as const, shape: [4], data: BigInt64Array.from([1n, 0n, 2n, 1n]) };
  const split = u8([4], (i) => (i === 2 ? 1 : 0));
  const alpha = u8([4, 2, 2], (i) => 100 + i);

  it("reads one side of the split with names and alpha", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "set.npz");
    await writeNpz(path, { images, labels, split, alpha });
    await writeFile(join(folder.path, "classes.json"), JSON.stringify({ id2label: { 0: "x", 1: "y", 2: "z" } }));
    const train = await openNpzDataset(path);
    expect([train.length, train.classes, train.labelOf(2), train.rowOf(2)]).toEqual([3, ["x", "y", "z"], 1, 3]);
    expect([...(await train.get(2)).image.data]).toEqual(Array.from({ length: 12 }, (_, i) => 36 + i));
    const held = await openNpzDataset(path, { split: "held-out" });
    expect([held.length, held.labelOf(0), [...held.alphaOf(0)!]]).toEqual([1, 2, [108, 109, 110, 111]]);
    expect((await openDataset(path, { split: "all" })).length).toBe(4);
  });

  it("reads arrays that were stored without names: pictures, then labels", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "samples.npz");
    await writeNpz(path, { arr_0: images, arr_1: labels });
    const { length, labelOf } = await openNpzDataset(path, { split: "all" });
    expect([length, labelOf(0), labelOf(2)]).toEqual([4, 1, 2]);
  });

  it("repeats one channel, numbers classes without names and names the array that does not fit", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "grey.npz");
    await writeNpz(path, { images: u8([4, 1, 2, 1], (i) => i), labels });
    const dataset = await openNpzDataset(path);
    expect(dataset.classes).toEqual(["0", "1", "2"]);
    expect((await dataset.get(1)).image).toEqual({ width: 2, height: 1, data: Uint8Array.from([2, 2, 2, 3, 3, 3]) });
    expect(dataset.alphaOf(0)).toBeUndefined();
    await expect(openNpzDataset(path, { classes: ["a"] })).rejects.toThrow("expected labels below 1, got 1 in row 0");
    await writeNpz(path, { images: u8([4, 2, 2], (i) => i), labels });
    await expect(openNpzDataset(path)).rejects.toThrow("expected images uint8 [N, H, W, 3 or 1], got uint8 [4, 2, 2]");
    await writeNpz(path, { images, labels, split: u8([3], () => 0) });
    await expect(openNpzDataset(path)).rejects.toThrow("expected split uint8 [4], got uint8 [3]");
  });
});

describe("openParquet", () => {
  it("reads the hub's pictures, labels and class names in any order", async () => {
    expect((await planData(parquetFile)).form).toBe("parquet");
    const dataset = await openParquet([parquetFile, parquetFile]);
    expect([dataset.length, dataset.classes]).toEqual([14, ["red", "green", "blue"]]);
    expect(dataset.chunks?.map(({ begin, end }) => end - begin)).toEqual([3, 3, 1, 3, 3, 1]);
    const colours = { red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255] };
    for (const index of [13, 0, 8, 4, 10, 2]) {
      const { image, label } = await dataset.get(index);
      const name = dataset.classes[label] as keyof typeof colours;
      expect([image.width, ...image.data.slice(0, 3)]).toEqual([8 + (index % 7), ...colours[name]]);
    }
    await expect(dataset.get(5)).rejects.toThrow(CorruptImageError);
    expect(dataset.nameOf(12)).toBe("pictures.parquet[5]");
  });

  it("streams with the corrupt row named and skipped", async () => {
    const corrupt: string[] = [];
    const seen: number[] = [];
    const settings = {
      size: 8,
      batchSize: 2,
      seed: 1,
      epochs: 1,
      onCorrupt: (e: CorruptImageError) => corrupt.push(e.picture),
    };
    for await (const { indices } of batches(await openParquet([parquetFile]), settings)) seen.push(...indices);
    expect(seen.sort()).toEqual([0, 1, 2, 3, 4, 6]);
    expect(corrupt).toEqual(["pictures.parquet[5]"]);
  });
});

describe("openWebDataset", () => {
  it("reads shards written by tar, long names included", async () => {
    await using folder = await temporaryFolder();
    const long = `${"deep-".repeat(25)}folder`;
    await writeTree(join(folder.path, "src"), {
      "000.png": await plainPicture("#ff0000"),
      "000.cls": "2\n",
      [`${long}/001.jpg`]: await plainPicture("#00ff00", { format: "jpeg", width: 20 }),
      [`${long}/001.json`]: '{"label": 0, "caption": "green"}',
      "no-picture.cls": "1",
    });
    for (const format of ["ustar", "gnu", "pax"]) {
      const path = join(folder.path, `${format}.tar`);
      if (format === "ustar") {
        execFileSync("tar", ["--format=ustar", "-cf", path, "-C", join(folder.path, "src"), "000.png", "000.cls"]);
      } else {
        execFileSync("tar", [`--format=${format}`, "-cf", path, "-C", join(folder.path, "src"), "."]);
      }
      const dataset = await openDataset(path);
      const names = Array.from({ length: dataset.length }, (_, i) => dataset.nameOf(i)).sort();
      expect(names.some((name) => name.endsWith("/000"))).toBe(true);
      if (format !== "ustar") expect(names.some((name) => name.includes(long))).toBe(true);
      const red = Array.from({ length: dataset.length }, (_, i) => i).find((i) => dataset.nameOf(i).endsWith("/000"))!;
      const { image, label } = await dataset.get(red);
      expect([label, dataset.classes.length, ...image.data.slice(0, 3)]).toEqual([2, 3, 255, 0, 0]);
      await dataset.close();
    }
  });

  it("takes class names, and refuses samples without a label beside labelled ones", async () => {
    await using folder = await temporaryFolder();
    const picture = await plainPicture("#ff0000");
    await writeTree(folder.path, {
      "a.png": picture,
      "a.cls": "cat",
      "b.png": picture,
      "b.cls": "ant",
      "c.png": picture,
    });
    const pack = (name: string, ...files: string[]) => {
      execFileSync("tar", ["-cf", join(folder.path, name), "-C", folder.path, ...files]);
      return join(folder.path, name);
    };
    const dataset = await openWebDataset([pack("1.tar", "a.png", "a.cls"), pack("2.tar", "b.png", "b.cls")]);
    expect([dataset.classes, dataset.labelOf(0), dataset.labelOf(1)]).toEqual([["ant", "cat"], 1, 0]);
    await dataset.close();
    await expect(openWebDataset([pack("3.tar", "a.png", "a.cls", "c.png")])).rejects.toThrow(
      "3.tar/c: expected a label",
    );
  });

  it("refuses a damaged archive", async () => {
    await using folder = await temporaryFolder();
    await writeTree(folder.path, { "a.png": await plainPicture("#ff0000", { width: 300, height: 300 }) });
    const path = join(folder.path, "a.tar");
    execFileSync("tar", ["-cf", path, "-C", folder.path, "a.png"]);
    const bytes = await readFile(path);
    const cut = async (end: number, message: string) => {
      await writeFile(path, bytes.subarray(0, end));
      await expect(openWebDataset([path])).rejects.toThrow(message);
    };
    const { size } = await stat(join(folder.path, "a.png"));
    const next = 512 * (1 + Math.ceil(size / 512));
    await cut(700, `a.tar: expected ${size} bytes of a member at 512, got the end of the archive after 188`);
    await cut(next, `a.tar: expected a member or the end mark (512 bytes) at ${next}, got the end of the archive`);
    await cut(next + 100, `a.tar: expected a member or the end mark (512 bytes) at ${next}, got 100 bytes`);
    await cut(0, "a.tar: expected a member or the end mark (512 bytes) at 0, got the end of the archive at 0");
    await writeFile(path, bytes.subarray(0, next + 512));
    await (await openWebDataset([path])).close();
    bytes[5]! ^= 1;
    await writeFile(path, bytes);
    await expect(openWebDataset([path])).rejects.toThrow("expected a tar header at 0");
  });
});
