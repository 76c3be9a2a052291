import { describe, expect, test } from "vitest";
import { createRandom } from "../sampling/index.ts";
import { heatMap } from "./heat.ts";
import {
  evenSeam,
  FILLS,
  fillHole,
  keptCells,
  MaskModeError,
  marginsForRatio,
  maskFromImage,
  maskFromText,
  maskToText,
  parseRatio,
  planWindows,
  poolKept,
  reduceView,
  regionsOf,
} from "./index.ts";

const random = createRandom(1, "editing");
const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, () => random.int(256));

function boxes(width: number, height: number, ...rects: readonly [number, number, number, number][]): Uint8Array {
  const hole = new Uint8Array(width * height);
  for (const [x, y, w, h] of rects) for (let v = y; v < y + h; v++) hole.fill(1, v * width + x, v * width + x + w);
  return hole;
}

describe("fills", () => {
  test.each(FILLS)("%s keeps what is kept and reads nothing of the hole", (fill) => {
    const hole = boxes(12, 9, [3, 2, 5, 7], [11, 0, 1, 1]);
    const picture = { data: bytes(12 * 9 * 3), width: 12, height: 9 };
    const other = { ...picture, data: picture.data.map((v, i) => (hole[Math.floor(i / 3)] === 1 ? 255 - v : v)) };
    const filled = fillHole(picture, hole, fill);
    expect(fillHole(other, hole, fill)).toEqual(filled);
    filled.data.forEach((v, i) => {
      if (hole[Math.floor(i / 3)] === 0) expect(v).toBe(picture.data[i]);
    });
    expect(
      fillHole(
        picture,
        hole.map(() => 1),
        fill,
      ).data,
    ).toEqual(new Uint8Array(12 * 9 * 3).fill(128));
  });

  test("diffusion continues a ramp exactly, the nearest in steps, the mean flat", () => {
    const width = 16;
    const data = Uint8Array.from({ length: width * width * 3 }, (_, i) => 10 * (Math.floor(i / 3) % width));
    const hole = boxes(width, width, [5, 4, 6, 8]);
    const at = (fill: (typeof FILLS)[number], x: number) =>
      fillHole({ data, width, height: width }, hole, fill).data[(8 * width + x) * 3]!;
    for (let x = 5; x < 11; x++) expect(Math.abs(at("diffusion", x) - 10 * x)).toBeLessThanOrEqual(1);
    expect([at("nearest", 5), at("nearest", 10)]).toEqual([40, 110]);
    expect(at("mean", 5)).toBe(at("mean", 10));
  });
});

describe("masks of tokens", () => {
  test("a cell with one hole pixel is not kept; widening takes its neighbours", () => {
    const hole = boxes(16, 16, [7, 7, 1, 1]);
    expect([...keptCells(hole, [4, 4], 4, 0)].flatMap((v, i) => (v === 0 ? [i] : []))).toEqual([5]);
    expect([...keptCells(hole, [4, 4], 4, 1)].flatMap((v, i) => (v === 0 ? [i] : []))).toEqual([
      0, 1, 2, 4, 5, 6, 8, 9, 10,
    ]);
  });

  test("latents are pooled over kept cells alone, and forced where enough is kept", () => {
    const latent = Float32Array.of(1, 2, 3, 100);
    const kept = Uint8Array.of(1, 1, 1, 0);
    expect(poolKept(latent, kept, [2, 2], [1, 1], 0.75)).toEqual({
      latent: Float32Array.of(2),
      forced: Uint8Array.of(1),
    });
    expect(poolKept(latent, kept, [2, 2], [1, 1], 0.76).forced[0]).toBe(0);
    expect([...poolKept(latent, kept, [2, 2], [2, 2], 0.01).forced]).toEqual([1, 1, 1, 0]);
    expect(poolKept(latent, Uint8Array.of(1, 1, 1, 1), [2, 2], [1, 1], 1).latent[0]).toBe(26.5);
  });
});

describe("seams", () => {
  test("a painting that is off by a constant meets the picture; kept pixels stay; beyond the reach nothing changes", () => {
    const n = 20;
    const hole = boxes(n, n, [4, 4, 12, 12]);
    const picture = new Float32Array(3 * n * n).fill(100);
    const painted = new Float32Array(3 * n * n).fill(90);
    evenSeam(painted, picture, hole, n, n, 4);
    expect(painted[4 * n + 10]).toBeCloseTo(100, 3);
    expect(painted[10 * n + 10]).toBe(90);
    expect(painted[0]).toBe(90);
  });

  test("the first pixel in the hole is drawn halfway to what is around it, whatever lies under the hole", () => {
    const n = 20;
    const hole = boxes(n, n, [4, 4, 12, 12]);
    const painted = Float32Array.from({ length: 3 * n * n }, (_, i) => (hole[i % (n * n)] === 1 ? 40 : 100));
    const picture = Float32Array.from({ length: 3 * n * n }, (_, i) => (hole[i % (n * n)] === 1 ? 255 : 100));
    evenSeam(painted, picture, hole, n, n, 4);
    expect(painted[10 * n + 4]).toBeCloseTo(70, 3);
    expect(painted[10 * n + 5]).toBeCloseTo(40, 3);
    expect(painted[10 * n + 3]).toBe(100);
  });
});

describe("windows", () => {
  const options = { factor: 4, window: 64 };
  test("a picture of the trained size is one window", () => {
    const passes = planWindows(boxes(64, 40, [1, 1, 2, 2]), 64, 40, options);
    expect(passes).toHaveLength(1);
    expect(passes[0]).toMatchObject({ work: { width: 64, height: 40 }, draft: false });
  });

  test("near holes share a window, far ones do not, and windows lie inside the picture", () => {
    const hole = boxes(300, 200, [10, 10, 5, 5], [20, 12, 5, 5], [290, 190, 10, 10]);
    const passes = planWindows(hole, 300, 200, options);
    expect(passes.map(({ paste }) => paste)).toEqual([
      { left: 10, top: 10, width: 15, height: 7 },
      { left: 290, top: 190, width: 10, height: 10 },
    ]);
    expect(passes.map(({ rect }) => rect)).toEqual([
      { left: 0, top: 0, width: 64, height: 64 },
      { left: 236, top: 136, width: 64, height: 64 },
    ]);
  });

  test("a hole too large is drafted at reduced size, then tiled without gap or overlap", () => {
    const hole = boxes(400, 300, [20, 30, 310, 200]);
    const [draft, ...tiles] = planWindows(hole, 400, 300, options);
    expect(draft).toMatchObject({ draft: true, paste: { left: 20, top: 30, width: 310, height: 200 } });
    expect(Math.min(draft!.work.width, draft!.work.height)).toBe(64);
    const covered = new Uint8Array(hole.length);
    for (const { paste, work, zoom } of tiles) {
      expect(Math.max(work.width, work.height)).toBeLessThanOrEqual(64);
      expect(zoom).toBeGreaterThan(2);
      for (let y = paste.top; y < paste.top + paste.height; y++)
        for (let x = paste.left; x < paste.left + paste.width; x++) covered[y * 400 + x]!++;
    }
    expect(covered).toEqual(hole);
    expect(planWindows(hole, 400, 300, { ...options, whole: true })).toHaveLength(1);
  });

  test("every hole pixel of random holes lies in a window that pastes it", () => {
    for (let n = 0; n < 50; n++) {
      const [width, height] = [1 + random.int(200), 1 + random.int(200)];
      const hole = Uint8Array.from({ length: width * height }, () => (random.int(200) === 0 ? 1 : 0));
      hole[random.int(hole.length)] = 1;
      for (const { rect, paste, work } of planWindows(hole, width, height, { factor: 4, window: 32, padding: 4 })) {
        expect([work.width % 4, work.height % 4]).toEqual([0, 0]);
        expect(rect.left <= paste.left && rect.top <= paste.top).toBe(true);
        expect(rect.left + rect.width >= paste.left + paste.width).toBe(true);
        expect(rect.top + rect.height >= paste.top + paste.height).toBe(true);
        for (let y = paste.top; y < paste.top + paste.height; y++)
          hole.fill(0, y * width + paste.left, y * width + paste.left + paste.width);
      }
      expect(hole.includes(1)).toBe(false);
    }
  });

  test("regions are boxes of eight-connected parts", () => {
    const hole = boxes(9, 9, [1, 1, 1, 1], [2, 2, 1, 1], [6, 6, 2, 1]);
    expect(regionsOf(hole, 9, 9, 0)).toEqual([
      { left: 1, top: 1, width: 2, height: 2 },
      { left: 6, top: 6, width: 2, height: 1 },
    ]);
  });

  test("reducing reads nothing of the hole", () => {
    const hole = boxes(8, 8, [2, 2, 3, 3]);
    const picture = { data: bytes(192), width: 8, height: 8 };
    const other = { ...picture, data: picture.data.map((v, i) => (hole[Math.floor(i / 3)] === 1 ? 255 - v : v)) };
    expect(reduceView({ picture: other, hole }, 4, 4)).toEqual(reduceView({ picture, hole }, 4, 4));
    expect([...reduceView({ picture, hole }, 4, 4).hole]).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
  });
});

describe("texts", () => {
  test("masks survive their text, and others are refused", () => {
    const mask = { data: Uint8Array.of(0, 0, 0, 255, 255, 17), width: 3, height: 2 };
    expect(maskToText(mask)).toBe("0*3,73*2,h*1");
    expect(maskFromText("0*3,73*2,h*1", 3, 2)).toEqual(mask);
    for (const text of ["", "0*3", "0*9", "zz*6", "0*6,", "0*0,0*6", "-1*6"])
      expect(() => maskFromText(text, 3, 2), text).toThrow(/mask: expected runs of 6 values/);
  });

  test("mask pictures: white or transparent repaints", () => {
    const rgb = { data: Uint8Array.of(255, 255, 255, 0, 0, 0, 128, 128, 128), width: 3, height: 1 };
    expect([...maskFromImage(rgb).data]).toEqual([255, 0, 128]);
    const rgba = { data: Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0), width: 2, height: 1 };
    expect(() => maskFromImage(rgba)).toThrow(MaskModeError);
    expect([...maskFromImage(rgba, "alpha").data]).toEqual([0, 255]);
    expect([...maskFromImage(rgba, "white").data]).toEqual([255, 0]);
    expect([...maskFromImage(rgb, "alpha").data]).toEqual([0, 0, 0]);
  });

  test("ratios", () => {
    expect(["2:1", "16x9", "1.5", "1/4"].map(parseRatio)).toEqual([2, 16 / 9, 1.5, 0.25]);
    for (const text of ["", "0:1", "1:0", "wide", "100:1"]) expect(() => parseRatio(text)).toThrow(/ratio: expected/);
    expect(marginsForRatio({ width: 10, height: 10 }, 1.5)).toEqual({ left: 2, right: 3, top: 0, bottom: 0 });
    expect(marginsForRatio({ width: 20, height: 10 }, 1)).toEqual({ left: 0, right: 0, top: 5, bottom: 5 });
  });
});

test("heat is coldest at the low end and hottest at the high end", () => {
  const picture = { data: new Uint8Array(4 * 2 * 3), width: 4, height: 2 };
  const { data } = heatMap(picture, Float32Array.of(1, 5), [1, 2], 1, 5);
  expect([...data.subarray(0, 3)]).toEqual([8, 11, 42]);
  expect([...data.subarray(9, 12)]).toEqual([144, 31, 20]);
});
