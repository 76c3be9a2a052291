import { describe, expect, it } from "vitest";
import { flatPicture, memoryDataset } from "../../test/support/datasets.ts";
import { describeDataset, formatDataCard } from "./card.ts";
import { holdOut, subset } from "./subset.ts";

describe("describeDataset", () => {
  it("counts classes, measures sizes, names corrupt pictures and makes a sheet", async () => {
    const dataset = memoryDataset(7, (i) => (i === 3 ? undefined : flatPicture(i * 10, 4 + i)));
    const { card, sheet } = await describeDataset(dataset, { tile: 16 });
    expect(card.classes).toEqual([
      { name: "a", count: 4 },
      { name: "b", count: 3 },
    ]);
    expect(card.sizes).toEqual({ looked: 6, width: [4, 10], height: [4, 10], medianShortSide: 8 });
    expect(card.corrupt).toEqual([{ name: "picture-3", reason: "nothing" }]);
    expect(sheet!.width).toBeGreaterThanOrEqual(48);
    expect(formatDataCard(card, 1).split("\n")).toEqual([
      "7 pictures in 2 classes",
      "size 4..10 × 4..10 pixels, median short side 8 (of 6 looked at)",
      "         4  a",
      "         3  in 1 more classes",
      "corrupt: 1 of 7 looked at",
      "corrupt: picture-3 (nothing)",
    ]);
  });
});

describe("holdOut", () => {
  it("splits by name: adding pictures moves none of the others", () => {
    const names = (length: number) => {
      const { train, heldOut } = holdOut(
        memoryDataset(length, () => undefined),
        { share: 0.1, seed: 1 },
      );
      const list = (set: typeof train) => Array.from({ length: set.length }, (_, i) => set.nameOf(i));
      return { train: list(train), heldOut: list(heldOut) };
    };
    const small = names(300);
    const large = names(400);
    expect(small.train.length + small.heldOut.length).toBe(300);
    expect(small.heldOut.length).toBeGreaterThan(12);
    expect(small.heldOut.length).toBeLessThan(60);
    expect(large.heldOut.slice(0, small.heldOut.length)).toEqual(small.heldOut);
  });
});

describe("subset", () => {
  it("renumbers pictures and keeps neighbours of a chunk together", async () => {
    const whole = {
      ...memoryDataset(10, (i) => flatPicture(i)),
      chunks: [
        { begin: 0, end: 5 },
        { begin: 5, end: 10 },
      ],
    };
    const part = subset(whole, [1, 4, 6, 9]);
    expect(part.chunks).toEqual([
      { begin: 0, end: 2 },
      { begin: 2, end: 4 },
    ]);
    expect([(await part.get(2)).name, part.labelOf(3)]).toEqual(["picture-6", 1]);
    expect(() => subset(whole, [10])).toThrow("expected an index from 0 to 9, got 10");
  });
});
