import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { plainPicture, temporaryFolder, writeTree } from "../../test/support/datasets.ts";
import { CorruptImageError } from "./dataset.ts";
import { decodePicture } from "./decode.ts";
import { openDataset, planData } from "./open.ts";

describe("decodePicture", () => {
  it("refuses damaged bytes by name and reduces large pictures to the short side asked for", async () => {
    await expect(decodePicture(new Uint8Array([1, 2, 3]), "x.png")).rejects.toThrow(CorruptImageError);
    const jpeg = await plainPicture("#ff0000", { width: 200, height: 100, format: "jpeg" });
    await expect(decodePicture(jpeg.subarray(0, jpeg.length / 2), "half.jpg")).rejects.toThrow("half.jpg");
    const { width, height } = await decodePicture(jpeg, "x.jpg", { shortSide: 20 });
    expect([width, height]).toEqual([40, 20]);
  });

  it("puts transparent pictures on white, turns them upright and makes grey RGB", async () => {
    const clear = sharp({ create: { width: 2, height: 2, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
    expect([...(await decodePicture(await clear.png().toBuffer(), "clear")).data.slice(0, 3)]).toEqual([255, 255, 255]);
    const wide = await sharp({ create: { width: 6, height: 2, channels: 3, background: "#102030" } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect(await decodePicture(wide, "turned")).toMatchObject({ width: 2, height: 6 });
    const grey = await sharp(Buffer.from([7, 7, 7, 7]), { raw: { width: 2, height: 2, channels: 1 } })
      .png()
      .toBuffer();
    expect((await decodePicture(grey, "grey")).data.length).toBe(12);
  });
});

describe("openClassFolders", () => {
  it("labels pictures by folder, in order of name, and ignores other files", async () => {
    await using folder = await temporaryFolder();
    await writeTree(folder.path, {
      "zebra/1.png": await plainPicture("#0000ff"),
      "ant/deep/2.jpg": await plainPicture("#ff0000", { format: "jpeg" }),
      "ant/1.png": await plainPicture("#00ff00"),
      "ant/notes.txt": "no picture",
      "ant/.hidden.png": "no picture",
      "readme.md": "no class",
    });
    const dataset = await openDataset(folder.path);
    expect(dataset.classes).toEqual(["ant", "zebra"]);
    expect(Array.from({ length: dataset.length }, (_, i) => dataset.nameOf(i))).toEqual([
      join("ant", "1.png"),
      join("ant", "deep", "2.jpg"),
      join("zebra", "1.png"),
    ]);
    const last = await dataset.get(2);
    expect([last.label, ...last.image.data.slice(0, 3)]).toEqual([1, 0, 0, 255]);
    await expect(dataset.get(3)).rejects.toThrow("expected an index from 0 to 2, got 3");
  });

  it("names the picture that cannot be decoded", async () => {
    await using folder = await temporaryFolder();
    await writeTree(folder.path, { "a/bad.png": "not a png" });
    const dataset = await openDataset(folder.path);
    await expect(dataset.get(0)).rejects.toThrow(`${join("a", "bad.png")}: expected a readable image`);
  });

  it("says what it expected of an empty folder", async () => {
    await using folder = await temporaryFolder();
    await expect(openDataset(folder.path)).rejects.toThrow(/expected pictures, class folders, .*, got an empty folder/);
    await expect(planData(join(folder.path, "none"))).rejects.toThrow("expected a file or folder, got nothing");
  });
});

describe("openPlainFolder", () => {
  it("makes one class of all pictures", async () => {
    await using folder = await temporaryFolder();
    await writeTree(folder.path, { "b.png": await plainPicture("#00ff00"), "a.png": await plainPicture("#ff0000") });
    expect((await planData(folder.path)).form).toBe("plain-folder");
    const dataset = await openDataset(folder.path);
    expect([dataset.length, dataset.classes.length, dataset.labelOf(1), dataset.nameOf(0)]).toEqual([2, 1, 0, "a.png"]);
  });
});

describe("openImageNet", () => {
  it("reads train and both layouts of val with the same labels and names", async () => {
    await using folder = await temporaryFolder();
    const picture = await plainPicture("#ff0000", { format: "jpeg" });
    await writeTree(folder.path, {
      "train/n01440764/n01440764_1.JPEG": picture,
      "train/n01443537/n01443537_1.JPEG": picture,
      "val/ILSVRC2012_val_00000001.JPEG": picture,
      "LOC_val_solution.csv": "ImageId,PredictionString\nILSVRC2012_val_00000001,n01443537 1 2 3 4 \n",
      "LOC_synset_mapping.txt": "n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\n",
    });
    expect((await planData(folder.path)).form).toBe("imagenet");
    const train = await openDataset(folder.path);
    expect(train.classes).toEqual(["tench", "goldfish"]);
    expect([train.labelOf(0), train.labelOf(1)]).toEqual([0, 1]);
    expect((await openDataset(folder.path, { split: "held-out" })).labelOf(0)).toBe(1);
    await using other = await temporaryFolder();
    await writeTree(other.path, {
      "train/n00000001/a.JPEG": picture,
      "train/n00000002/a.JPEG": picture,
      "val/n00000002/b.JPEG": picture,
    });
    const val = await openDataset(other.path, { split: "held-out" });
    expect([val.length, val.labelOf(0), val.classes[1]]).toEqual([1, 1, "n00000002"]);
  });

  it("refuses val pictures without a label", async () => {
    await using folder = await temporaryFolder();
    await writeTree(folder.path, { "train/n00000001/a.JPEG": "", "val/x.JPEG": "" });
    await expect(openDataset(folder.path, { split: "held-out" })).rejects.toThrow("expected a folder per wnid");
    await writeTree(folder.path, { "LOC_val_solution.csv": "ImageId,PredictionString\ny,n00000001 1" });
    await expect(openDataset(folder.path, { split: "held-out" })).rejects.toThrow("expected a line with a known wnid");
  });
});
