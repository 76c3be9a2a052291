import { describe, expect, it } from "vitest";
import { program } from "../engine/index.ts";
import { placedDistance, sumPlaced } from "../evaluate/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { createRandom } from "../sampling/index.ts";
import { DETAIL_PLACES, DETAIL_WIDTH, detailFeatures, detailInput, SHALLOW_WIDTH } from "./index.ts";

const runtime = nodeRuntime({ threads: 1 });
const SIDE = 64;

async function looks(planes: Float32Array, count: number, height = SIDE, width = SIDE) {
  const session = await runtime.open(program("details", detailFeatures(detailInput())));
  const found = await session.run({ image: runtime.floats(planes, [count, 3, height, width]) });
  await session.dispose();
  return found;
}

/** A disc of a colour on white, somewhere near the middle, with a smaller one on it: planes [3, 64, 64]. */
function drawing(seed: number): Float32Array {
  const random = createRandom(seed, "drawing");
  const out = new Float32Array(3 * SIDE * SIDE).fill(1);
  const [x, y, r] = [28 + random.int(8), 28 + random.int(8), 16 + random.int(8)];
  for (const [radius, dx] of [
    [r, 0],
    [r / 3, random.int(9) - 4],
  ] as const) {
    const colour = [0, 1, 2].map(() => 2 * random.uniform() - 1);
    for (let i = 0; i < SIDE * SIDE; i++)
      if (((i % SIDE) - x - dx) ** 2 + (Math.floor(i / SIDE) - y) ** 2 <= radius ** 2)
        for (let c = 0; c < 3; c++) out[c * SIDE * SIDE + i] = colour[c]!;
  }
  return out;
}

const COUNT = 60;
const drawings = (from: number): Float32Array[] => Array.from({ length: COUNT }, (_, i) => drawing(from + i));

const joined = (pictures: readonly Float32Array[]): Float32Array => {
  const all = new Float32Array(pictures.length * pictures[0]!.length);
  for (const [i, one] of pictures.entries()) all.set(one, i * one.length);
  return all;
};

/** Each pixel moved towards the mean of the nine around it. */
const softened = (picture: Float32Array, share: number): Float32Array =>
  picture.map((value, i) => {
    const [plane, at] = [Math.floor(i / SIDE ** 2) * SIDE ** 2, i % SIDE ** 2];
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
    let sum = 0;
    for (const dy of [-1, 0, 1])
      for (const dx of [-1, 0, 1]) {
        const [u, v] = [Math.min(SIDE - 1, Math.max(0, x + dx)), Math.min(SIDE - 1, Math.max(0, y + dy))];
        sum += picture[plane + v * SIDE + u]! / 9;
      }
    return value + share * (sum - value);
  });

const torn = (picture: Float32Array, pixels: number): Float32Array =>
  picture.map((value, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE];
    return y < SIDE / 2 ? value : picture[i - x + Math.max(0, x - pixels)]!;
  });

/** A share of the 4×4 blocks taken from another drawing. */
const patched = (picture: Float32Array, other: Float32Array, share: number): Float32Array => {
  const random = createRandom(Math.round(1000 * picture[5000]!), "patched");
  const chosen = Array.from({ length: (SIDE / 4) ** 2 }, () => random.uniform() < share);
  return picture.map((value, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE];
    return chosen[Math.floor(y / 4) * (SIDE / 4) + Math.floor(x / 4)]! ? other[i]! : value;
  });
};

describe("detailFeatures", () => {
  it("is nothing on white, and on a plain colour that colour and the frame of the canvas", async () => {
    const white = await looks(new Float32Array(3 * SIDE * SIDE).fill(1), 1);
    for (const name of ["fine", "coarse", "shallow"])
      expect(Math.max(...(white[name]!.data as Float32Array).map(Math.abs)), name).toBeLessThan(1e-6);
    expect(white.shallow!.dims).toEqual([1, SHALLOW_WIDTH]);
    // Red: 1 · 0 + (0 + 1 + 1) / 3 away from white in brightness.
    const red = new Float32Array(3 * SIDE * SIDE).fill(-1).fill(1, 0, SIDE * SIDE);
    const { fine } = await looks(red, 1);
    const middle = (fine!.data as Float32Array).slice(27 * DETAIL_WIDTH, 28 * DETAIL_WIDTH);
    expect(middle[0]).toBeCloseTo(2 / 3, 5);
    expect(middle[1]).toBeCloseTo(-1 / 2, 5);
    expect(middle[2]).toBeCloseTo(-1 / 4, 5);
    expect(Math.max(...middle.slice(3))).toBeLessThan(1e-6);
  });

  it("has as many places whatever the size", async () => {
    const { fine, coarse } = await looks(new Float32Array(2 * 3 * 32 * 96), 2, 32, 96);
    expect(fine!.dims).toEqual([2, DETAIL_PLACES.fine ** 2, DETAIL_WIDTH]);
    expect(coarse!.dims).toEqual([2, DETAIL_PLACES.coarse ** 2, DETAIL_WIDTH]);
  });

  it.each([
    ["softer", [0.2, 0.5, 1].map((share) => (own: Float32Array) => softened(own, share))],
    ["torn", [2, 4, 8].map((pixels) => (own: Float32Array) => torn(own, pixels))],
    [
      "patched",
      [0.05, 0.1, 0.2].map((share) => (own: Float32Array, i: number) => patched(own, drawing(900 + i), share)),
    ],
  ])("pictures that are ever more %s lie ever farther from others like them", async (_, levels) => {
    const own = drawings(0);
    const momentsAt = async (pictures: readonly Float32Array[], scale: "fine" | "coarse") => {
      const found = await looks(joined(pictures), pictures.length);
      const sum = sumPlaced(DETAIL_PLACES[scale] ** 2, DETAIL_WIDTH);
      sum.add(found[scale]!.data as Float32Array);
      return sum.finish();
    };
    for (const scale of ["fine", "coarse"] as const) {
      const others = await momentsAt([...drawings(200), ...drawings(400)], scale);
      const distances: number[] = [];
      for (const change of [(one: Float32Array) => one, ...levels])
        distances.push(await placedDistance(await momentsAt(own.map(change), scale), others));
      expect(
        distances.every((value, i) => i === 0 || value > distances[i - 1]!),
        `${scale}: ${distances}`,
      ).toBe(true);
    }
  });
});
