import { open, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { plainPicture, temporaryFolder, writeTree } from "../../test/support/datasets.ts";
import { heldBytes } from "../../test/support/held-bytes.ts";
import { writeNpz } from "../checkpoint/index.ts";
import { openPictureStream } from "./index.ts";

/** Bytes of [count, side, side, 3] whose every picture has one value: its number modulo 251. */
function* bytesOf(count: number, side: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(side * side * 3).fill(i % 251);
}

async function drain(pictures: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pictures);
}

describe("openPictureStream", () => {
  it("gives the wanted side's pictures in order; the held-out one where there is one", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "set.npz");
    const u8 = (shape: number[], data: number[]) => ({ dtype: "uint8" as const, shape, data: Uint8Array.from(data) });
    const images = u8(
      [4, 1, 2, 1],
      [...Array(8).keys()].map((i) => 10 * i),
    );
    await writeNpz(path, { images, labels: u8([4], [2, 0, 1, 2]), split: u8([4], [1, 0, 0, 1]) });
    const seen = async (split?: "train" | "all") => {
      const stream = await openPictureStream(path, split ? { split } : {});
      const names: string[] = [];
      for await (const { image, label, name } of stream.pictures()) {
        names.push(`${name.slice(path.length)} ${label} ${image.data.join()}`);
      }
      await stream.close();
      expect([names.length, stream.classes.length]).toEqual([stream.length, 3]);
      return [stream.split, ...names];
    };
    expect(await seen()).toEqual(["held-out", "[0] 2 0,0,0,10,10,10", "[3] 2 60,60,60,70,70,70"]);
    expect(await seen("train")).toEqual(["train", "[1] 0 20,20,20,30,30,30", "[2] 1 40,40,40,50,50,50"]);
    expect((await seen("all")).length).toBe(5);
    await writeNpz(path, { arr_0: images, arr_1: u8([4], [2, 0, 1, 2]) });
    expect((await seen())[0]).toBeUndefined();
  });

  it("reads folders, several files at a time, in the order of their names", async () => {
    await using folder = await temporaryFolder();
    const colours = Array.from({ length: 20 }, (_, i) => i * 10);
    for (const [i, value] of colours.entries())
      await writeTree(folder.path, {
        [`${i % 2 ? "b" : "a"}/${String(i).padStart(3, "0")}.png`]: await plainPicture(`rgb(${value},0,0)`),
      });
    const stream = await openPictureStream(folder.path);
    const values: number[] = [];
    for await (const { image, label } of stream.pictures()) values.push(image.data[0]! + label);
    expect(values).toEqual([
      ...colours.filter((_, i) => i % 2 === 0),
      ...colours.filter((_, i) => i % 2 === 1).map((v) => v + 1),
    ]);
    await writeFile(join(folder.path, "a", "004.png"), "none");
    const broken = (await openPictureStream(folder.path)).pictures();
    await expect(drain(broken)).rejects.toThrow("004.png: expected a readable image");
  });

  it("says so when an archive is cut off or damaged", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "cut.npz");
    const write = () => writeNpz(path, { arr_0: { dtype: "uint8", shape: [50, 8, 8, 3], chunks: bytesOf(50, 8) } });
    await write();
    const file = await open(path, "r+");
    await file.write(Uint8Array.of(99), 0, 1, 5000);
    await file.close();
    const stream = await openPictureStream(path);
    await expect(drain(stream.pictures())).rejects.toThrow(/arr_0.*expected CRC-32/);
    await stream.close();
    await write();
    await truncate(path, 4000);
    await expect(openPictureStream(path)).rejects.toThrow(/cut\.npz: expected a zip archive.*truncated/);
  });

  it("holds a few pictures of 200 MB", async () => {
    await using folder = await temporaryFolder();
    const [count, side] = [1040, 256];
    const path = join(folder.path, "large.npz");
    await writeNpz(path, { images: { dtype: "uint8", shape: [count, side, side, 3], chunks: bytesOf(count, side) } });
    const stream = await openPictureStream(path);
    const before = heldBytes();
    let [most, sum, seen] = [0, 0, 0];
    for await (const { image } of stream.pictures()) {
      sum += image.data[seen % image.data.length]!;
      if (seen++ % 50 === 0) most = Math.max(most, heldBytes() - before);
    }
    await stream.close();
    expect([seen, sum]).toEqual([count, Array.from({ length: count }, (_, i) => i % 251).reduce((a, b) => a + b)]);
    // There are 204 MB of pictures.
    expect(most).toBeLessThan(20e6);
  });
});
