import { describe, expect, it, vi } from "vitest";

interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface MasksModule {
  centralHole(side: number): Uint8Array;
  randomHole(side: number, seed: number, number: number): Uint8Array;
  frameHole(side: number, w: number, h: number): Uint8Array;
  boxAround(hole: Uint8Array, side: number): Rect;
  crop(picture: { data: Uint8Array; width: number }, rect: Rect): { data: Uint8Array; width: number; height: number };
}

const masks = await vi.importActual<MasksModule>("../../recipes/editing/masks.mjs");
const share = (hole: Uint8Array): number => hole.reduce((a, b) => a + b, 0) / hole.length;

describe("the holes that edits are measured with", () => {
  it("are a quarter in the middle, and frames around a part", () => {
    const central = masks.centralHole(16);
    expect([share(central), central[4 * 16 + 4], central[3 * 16 + 4], central[11 * 16 + 11], central[12 * 16]]).toEqual(
      [0.25, 1, 0, 1, 0],
    );
    expect(share(masks.frameHole(16, 12, 12))).toBe(1 - (12 * 12) / 256);
    expect([...masks.frameHole(4, 2, 4)]).toEqual([1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]);
  });

  it("are the same for the same seed and picture, others for others, and leave something to go by", () => {
    const holes = Array.from({ length: 40 }, (_, number) => masks.randomHole(32, 1, number));
    expect(masks.randomHole(32, 1, 7)).toEqual(holes[7]);
    expect(new Set(holes.map((hole) => hole.join(""))).size).toBe(40);
    expect(masks.randomHole(32, 2, 7)).not.toEqual(holes[7]);
    for (const hole of holes) {
      expect(share(hole)).toBeGreaterThanOrEqual(0.04);
      expect(share(hole)).toBeLessThanOrEqual(0.5);
    }
  });

  it("are judged with an eighth of the side around them, inside the picture", () => {
    expect(masks.boxAround(masks.centralHole(16), 16)).toEqual({ left: 2, top: 2, width: 12, height: 12 });
    const corner = new Uint8Array(256);
    corner[15] = 1;
    expect(masks.boxAround(corner, 16)).toEqual({ left: 13, top: 0, width: 3, height: 3 });
    const picture = { data: Uint8Array.from({ length: 48 }, (_, i) => i), width: 4 };
    const part = masks.crop(picture, { left: 1, top: 2, width: 2, height: 1 });
    expect(part).toEqual({ data: Uint8Array.of(27, 28, 29, 30, 31, 32), width: 2, height: 1 });
  });
});
