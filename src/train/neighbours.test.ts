import { expect, it } from "vitest";
import { CorruptImageError, type Dataset } from "../data/index.ts";
import type { RgbImage } from "../image/index.ts";
import { meanNearest, nearestPictures, neighbourSheet } from "./neighbours.ts";

const SIDE = 8;

/** A picture of one level with a bright column at `x`. */
function picture(level: number, x: number): RgbImage {
  const data = new Uint8Array(SIDE * SIDE * 3).fill(level);
  for (let y = 0; y < SIDE; y++) data.fill(255, (y * SIDE + x) * 3, (y * SIDE + x + 1) * 3);
  return { data, width: SIDE, height: SIDE };
}

/** Pictures in memory; those given as undefined cannot be decoded. */
function datasetOf(images: readonly (RgbImage | undefined)[]): Dataset {
  return {
    length: images.length,
    classes: ["one"],
    labelOf: () => 0,
    nameOf: (index) => `picture ${index}`,
    get: async (index) => {
      const image = images[index];
      if (image === undefined) throw new CorruptImageError(`picture ${index}`, "test");
      return { image, label: 0, name: `picture ${index}` };
    },
    close: async () => {},
  };
}

const dataset = datasetOf([picture(200, 1), undefined, picture(40, 1), picture(60, 6), picture(40, 3)]);

it("finds the nearest pictures, nearest first, past one that cannot be decoded", async () => {
  const options = { count: 2, mirrored: false, compareSide: SIDE };
  const [exact, near] = await nearestPictures(dataset, [picture(40, 3), picture(50, 6)], options);
  expect(exact!.map(({ index }) => index)).toEqual([4, 3]);
  expect(exact![0]).toEqual({ index: 4, name: "picture 4", mirrored: false, distance: 0 });
  expect(near![0]!.index).toBe(3);
  // Seven of eight columns differ by 10 of 127.5.
  expect(near![0]!.distance).toBeCloseTo((10 / 127.5) * Math.sqrt(7 / 8), 5);
  expect(meanNearest([exact!, near!])).toBeCloseTo(near![0]!.distance / 2);
});

it("counts mirror images where asked, and shows them mirrored", async () => {
  const asked = picture(200, 6);
  const [plain] = await nearestPictures(dataset, [asked], { count: 1, mirrored: false, compareSide: SIDE });
  expect(plain![0]!.distance).toBeGreaterThan(0);
  const neighbours = await nearestPictures(dataset, [asked], { count: 1, mirrored: true, compareSide: SIDE });
  expect(neighbours[0]![0]).toMatchObject({ index: 0, mirrored: true, distance: 0 });
  const sheet = await neighbourSheet(dataset, [asked], neighbours, 1);
  const margin = 5 + 1;
  const pixel = (x: number, y: number): number => sheet.data[((margin + y) * sheet.width + margin + x) * 3]!;
  for (let x = 0; x < SIDE; x++) expect(pixel(SIDE + 1 + x, 2)).toBe(pixel(x, 2));
});

it("reduces both sides before comparing", async () => {
  const [found] = await nearestPictures(dataset, [picture(200, 2)], { count: 1, mirrored: false, compareSide: 1 });
  expect(found![0]!.index).toBe(0);
  expect(found![0]!.distance).toBeLessThan(0.02);
});
