import { expect, test } from "vitest";
import { bicubicMatrix, type MasterImage, resizeSeparable } from "../image/index.ts";
import { compositePatch } from "./composite.ts";
import { enlargedRows } from "./enlarge.ts";
import { type EditMask, plainMask } from "./mask.ts";
import { keptMean } from "./neighbourhood.ts";

/** Numbers that look random and are the same every time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function picture(width: number, height: number, channels: 3 | 4, bits: 8 | 16, seed = 1): MasterImage {
  const next = noise(seed);
  const data = new (bits === 8 ? Uint8Array : Uint16Array)(width * height * channels);
  for (let i = 0; i < data.length; i++) data[i] = Math.floor(next() * 2 ** bits);
  return { data, width, height, channels };
}

/** A disc, with a soft rim where asked. */
function disc(width: number, height: number, x0: number, y0: number, radius: number, rim = 0): EditMask {
  const mask = plainMask(width, height, 0);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const inside = radius - Math.hypot(x - x0, y - y0);
      const share = rim === 0 ? (inside >= 0 ? 1 : 0) : Math.min(1, Math.max(0, inside / rim));
      mask.data[y * width + x] = Math.round(255 * share);
    }
  return mask;
}

test.each([
  [8, 3],
  [8, 4],
  [16, 3],
  [16, 4],
] as const)(
  "%s bits, %s channels: outside the mask every sample stays, inside all are the patch's and opaque",
  (bits, channels) => {
    const original = picture(300, 260, channels, bits);
    const before = original.data.slice();
    const region = { left: 20, top: 30, width: 240, height: 200 };
    const patch = picture(60, 50, 3, 8, 7);
    const mask = disc(300, 260, 140, 130, 80, 9);
    compositePatch(original, patch, region, mask);
    const count = { wrong: 0, changed: 0, clear: 0 };
    for (let at = 0; at < original.data.length; at++) {
      const value = mask.data[Math.floor(at / channels)]!;
      const isSame = before[at] === original.data[at];
      if (value === 0 && !isSame) count.wrong++;
      if (value > 0 && !isSame) count.changed++;
      if (value === 255 && at % channels === 3 && original.data[at] !== (bits === 8 ? 255 : 65535)) count.clear++;
    }
    expect(count).toEqual({ wrong: 0, changed: expect.any(Number), clear: 0 });
    expect(count.changed).toBeGreaterThan(45_000);
  },
);

test("a patch of the region's own size and depth arrives as it is; a 16-bit picture takes 8 bits times 257", () => {
  const region = { left: 3, top: 2, width: 90, height: 150 };
  const patch = picture(90, 150, 3, 8, 5);
  const mask = plainMask(100, 160, 255);
  const original = picture(100, 160, 3, 8);
  const deep = picture(100, 160, 3, 16);
  compositePatch(original, patch, region, mask);
  compositePatch(deep, patch, region, mask);
  for (let y = 0; y < 150; y++) {
    const at = (y + 2) * 300 + 9;
    const row = patch.data.subarray(y * 270, (y + 1) * 270);
    expect(original.data.subarray(at, at + 270)).toEqual(row);
    expect([...deep.data.subarray(at, at + 270)]).toEqual(Array.from(row, (value) => 257 * value));
  }
  expect(original.data[0]).toBe(picture(100, 160, 3, 8).data[0]);
});

test("a plain offset between photograph and painting fades by the square of the way into the hole", () => {
  const width = 60;
  const original: MasterImage = { data: new Uint16Array(width * 3).fill(30_000), width, height: 1, channels: 3 };
  const patch: MasterImage = { data: new Uint16Array(30 * 3).fill(20_000), width: 30, height: 1, channels: 3 };
  const mask = plainMask(width, 1, 0);
  mask.data.fill(255, 20);
  compositePatch(original, patch, { left: 0, top: 0, width, height: 1 }, mask, { seam: 10 });
  const red = (x: number): number => original.data[3 * x]!;
  expect(red(19)).toBe(30_000);
  for (let step = 1; step <= 10; step++)
    expect(red(19 + step)).toBe(Math.round(20_000 + 10_000 * (1 - (step - 1) / 10) ** 2));
  expect(red(30)).toBe(20_000);
});

test("bands do not show: the result is that of a plain reckoning over the whole region", () => {
  const region = { left: 5, top: 4, width: 70, height: 290 };
  const mask = disc(90, 300, 40, 150, 34);
  for (let y = 200; y < 280; y++) mask.data.fill(255, y * 90 + 10, y * 90 + 50);
  const patch = picture(14, 58, 3, 8, 9);
  const original = picture(90, 300, 3, 8);
  const expected = plainComposite(original, patch, region, mask, 20);
  compositePatch(original, patch, region, mask, { seam: 20 });
  expect(original.data).toEqual(expected);
});

/** The same rule written pixel by pixel. */
function plainComposite(
  { data, width }: MasterImage,
  patch: MasterImage,
  region: { left: number; top: number; width: number; height: number },
  mask: EditMask,
  seam: number,
): Uint8Array {
  const painted = enlargedRows(patch, region.width, region.height).rows(0, region.height);
  const at = (x: number, y: number): number => (region.top + y) * width + region.left + x;
  const isKept = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < region.width && y < region.height && mask.data[at(x, y)] === 0;
  const out = Uint8Array.from(data);
  const mean = (x: number, y: number, r: number, c: number): number => {
    let [sum, count] = [0, 0];
    for (let v = y - r; v <= y + r; v++)
      for (let u = x - r; u <= x + r; u++)
        if (isKept(u, v)) {
          sum += Math.fround(data[3 * at(u, v) + c]! - painted[3 * (v * region.width + u) + c]!);
          count++;
        }
    return count === 0 ? 0 : sum / count;
  };
  for (let y = 0; y < region.height; y++)
    for (let x = 0; x < region.width; x++) {
      if (isKept(x, y)) continue;
      let steps = seam + 1;
      for (let v = -seam; v <= seam; v++)
        for (let u = -seam; u <= seam; u++)
          if (isKept(x + u, y + v)) steps = Math.min(steps, Math.abs(u) + Math.abs(v));
      for (let c = 0; c < 3; c++) {
        let value = painted[3 * (y * region.width + x) + c]!;
        if (steps <= seam) {
          const share = Math.min(1, (steps - 1) / 5);
          const more = (1 - share) * mean(x, y, 5, c) + share * mean(x, y, seam, c);
          value += (1 - (steps - 1) / seam) ** 2 * more;
        }
        out[3 * at(x, y) + c] = Math.min(255, Math.max(0, Math.round(value)));
      }
    }
  return out;
}

test("rows enlarged a few at a time are those of the bicubic matrix", () => {
  const small = picture(9, 7, 4, 8, 3);
  const planes = Float32Array.from({ length: 3 * 63 }, (_, i) => small.data[4 * (i % 63) + Math.floor(i / 63)]!);
  const expected = resizeSeparable(planes, bicubicMatrix(7, 40), bicubicMatrix(9, 33));
  const rows = enlargedRows(small, 33, 40);
  for (const [from, to] of [
    [30, 40],
    [0, 25],
  ] as const) {
    const got = rows.rows(from, to);
    for (let y = from; y < to; y++)
      for (let x = 0; x < 33; x++)
        for (let c = 0; c < 3; c++)
          expect(got[3 * ((y - from) * 33 + x) + c]).toBeCloseTo(expected[(c * 40 + y) * 33 + x]!, 3);
  }
});

test("the mean over kept pixels is 0 where there are none", () => {
  const hole = Uint8Array.of(1, 1, 1, 0);
  const difference = Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 5);
  const mean = keptMean({ width: 4, height: 1, hole, difference }, 1, 0, 1);
  expect([...mean]).toEqual([0, 0, 0, 0, 0, 0, 3, 4, 5, 3, 4, 5]);
});

test("sizes that do not fit are refused in words", () => {
  const original = picture(10, 10, 3, 8);
  const patch = picture(4, 4, 3, 8);
  const region = { left: 2, top: 2, width: 9, height: 4 };
  expect(() => compositePatch(original, patch, region, plainMask(10, 10, 255))).toThrow("region: expected a part");
  const inside = { ...region, width: 4 };
  expect(() => compositePatch(original, patch, inside, plainMask(10, 9, 255))).toThrow("mask: expected 10x10");
  expect(() => compositePatch({ ...original, channels: 4 }, patch, inside, plainMask(10, 10, 255))).toThrow(
    "picture: expected 10x10x4 = 400 samples, got 300",
  );
});
