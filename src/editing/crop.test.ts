import fc from "fast-check";
import { expect, test } from "vitest";
import { type Crop, cropAround, cropOf, maskBounds } from "./crop.ts";
import { plainMask } from "./mask.ts";

const model = { side: 256, factor: 16 };

test("the bounds of a mask hold everything that is repainted, and nothing of one that keeps all", () => {
  const mask = plainMask(7, 5, 0);
  expect(maskBounds(mask)).toBeUndefined();
  mask.data[1 * 7 + 4] = 255;
  mask.data[3 * 7 + 2] = 1;
  expect(maskBounds(mask)).toEqual({ left: 2, top: 1, width: 3, height: 3 });
  expect(maskBounds(plainMask(7, 5, 9))).toEqual({ left: 0, top: 0, width: 7, height: 5 });
});

test("a small hole is painted at the photograph's own scale, a large one reduced to the trained area", () => {
  const photo = { width: 6000, height: 4000 };
  const small = cropAround({ left: 3000, top: 2000, width: 100, height: 80 }, photo, model);
  expect(small).toEqual({
    region: { left: 2922, top: 1912, width: 256, height: 256 },
    work: { width: 256, height: 256 },
    zoom: 1,
  });
  // 5 % of the area: twice the hole on a side.
  const large = cropAround({ left: 2400, top: 1500, width: 1095, height: 1095 }, photo, model);
  expect(large.work).toEqual({ width: 256, height: 256 });
  expect(large.region.width).toBe(2191);
  expect(large.zoom).toBeCloseTo(2191 / 256, 2);
  const whole = cropAround({ left: 0, top: 0, width: 6000, height: 4000 }, photo, model);
  expect(whole.region).toEqual({ left: 0, top: 0, width: 6000, height: 4000 });
  expect(whole.work).toEqual({ width: 320, height: 208 });
});

test("a long hole is shown in a region of at most 2:1", () => {
  const { region } = cropAround(
    { left: 500, top: 2000, width: 4000, height: 20 },
    { width: 6000, height: 4000 },
    model,
  );
  // To whole tokens.
  expect(Math.abs(region.width / region.height - 2)).toBeLessThan(0.2);
});

test("whatever hole and picture: inside the picture, around the hole, at no more than the trained area and half of it more", () => {
  const sides = fc.record({ width: fc.integer({ min: 1, max: 16000 }), height: fc.integer({ min: 1, max: 16000 }) });
  const shares = fc.tuple(...Array.from({ length: 4 }, () => fc.double({ min: 0, max: 1, noNaN: true })));
  fc.assert(
    fc.property(sides, shares, (picture, [a, b, c, d]) => {
      const [left, top] = [Math.floor(a! * (picture.width - 1)), Math.floor(b! * (picture.height - 1))];
      const width = 1 + Math.floor(c! * (picture.width - left - 1));
      const height = 1 + Math.floor(d! * (picture.height - top - 1));
      const bounds = { left, top, width, height };
      const crop = cropAround(bounds, picture, model);
      expectInside(crop, picture);
      const { region, work, zoom } = crop;
      expect(region.left).toBeLessThanOrEqual(left);
      expect(region.top).toBeLessThanOrEqual(top);
      expect(region.left + region.width).toBeGreaterThanOrEqual(left + width);
      expect(region.top + region.height).toBeGreaterThanOrEqual(top + height);
      expect(work.width).toBeLessThanOrEqual(region.width);
      expect(work.height).toBeLessThanOrEqual(region.height);
      expect(work.width * work.height).toBeLessThanOrEqual(1.6 * 256 * 256);
      expect(zoom).toBeGreaterThanOrEqual(1);
      // A region given by hand is the same function: the same work for the same region.
      expect(cropOf(region, bounds, picture, model)!.work.width).toBeLessThanOrEqual(region.width);
    }),
  );
});

function expectInside({ region }: Crop, picture: { width: number; height: number }): void {
  for (const value of Object.values(region)) expect(Number.isInteger(value)).toBe(true);
  expect(Math.min(region.left, region.top)).toBeGreaterThanOrEqual(0);
  expect(region.left + region.width).toBeLessThanOrEqual(picture.width);
  expect(region.top + region.height).toBeLessThanOrEqual(picture.height);
}

test("a region by hand must lie in the picture and hold the hole", () => {
  const picture = { width: 1000, height: 800 };
  const bounds = { left: 100, top: 100, width: 50, height: 50 };
  expect(cropOf("none", bounds, picture, model)).toBeUndefined();
  expect(cropOf("auto", bounds, picture, model)).toEqual(cropAround(bounds, picture, model));
  const own = { left: 90, top: 80, width: 100, height: 200 };
  expect(cropOf(own, bounds, picture, model)).toEqual({ region: own, work: { width: 100, height: 200 }, zoom: 1 });
  const beyond = { left: 0, top: 0, width: 1001, height: 800 };
  expect(() => cropOf(beyond, bounds, picture, model)).toThrow("crop");
  const beside = { left: 101, top: 0, width: 500, height: 800 };
  expect(() => cropOf(beside, bounds, picture, model)).toThrow("100,100,50,50");
});
