import { describe, expect, it } from "vitest";
import { transformPlanes } from "./transform.ts";

/** Two pictures of 2×2 pixels: planes 1 2 / 3 4 and so on, scaled into [-1, 1]. */
const planes = Float32Array.from({ length: 24 }, (_, i) => (i + 1) / 24);
const plane = (values: Float32Array): number[] => [...values.subarray(0, 4)].map((v) => Math.round(v * 24));

describe("changes that a model is told of", () => {
  it("mirrors and turns by quarters", () => {
    expect(plane(transformPlanes(planes, 2, {}))).toEqual([1, 2, 3, 4]);
    expect(plane(transformPlanes(planes, 2, { mirror: true }))).toEqual([2, 1, 4, 3]);
    expect(plane(transformPlanes(planes, 2, { turns: 1 }))).toEqual([3, 1, 4, 2]);
    expect(plane(transformPlanes(planes, 2, { turns: 2 }))).toEqual([4, 3, 2, 1]);
    const once = transformPlanes(planes, 2, { turns: 1 });
    expect(transformPlanes(once, 2, { turns: 3 })).toEqual(planes);
  });

  it("turns colours around the grey axis: a third of a turn moves red to green, greys stay", () => {
    const red = Float32Array.from([1, 0, 0]);
    const turned = transformPlanes(red, 1, { hue: 120 });
    expect([...turned].map((v) => Math.round(v * 1e6) / 1e6 + 0)).toEqual([0, 1, 0]);
    for (const grey of [-1, 0.25, 1])
      for (const value of transformPlanes(Float32Array.of(grey, grey, grey), 1, { hue: 77 }))
        expect(value).toBeCloseTo(grey, 6);
  });

  it("changes every picture of a batch alike and leaves its input alone", () => {
    const before = planes.slice();
    const out = transformPlanes(planes, 2, { mirror: true, hue: 40 });
    expect(planes).toEqual(before);
    expect(transformPlanes(planes.slice(12), 2, { mirror: true, hue: 40 })).toEqual(out.slice(12));
  });
});
