import { describe, expect, it } from "vitest";
import type { RgbaImage } from "../image/index.ts";
import type { EditEvent } from "./model.ts";
import { shownEvent, shownPictures, shownScales } from "./run.ts";

const image = (side: number): RgbaImage => ({
  data: Uint8Array.from({ length: 4 * side * side }, (_, i) => Math.floor(i / 4) % 251),
  width: side,
  height: side,
});
const event = (given: Partial<EditEvent>, side = 64): EditEvent =>
  ({
    index: 0,
    total: 10,
    window: 0,
    windows: 1,
    isLast: false,
    images: async () => [image(side)],
    ...given,
  }) as EditEvent;

/** Of a run in so many windows of ten scales, the events whose pictures are shown. */
const shownOf = (windows: number, shown: number | "all"): [window: number, index: number][] =>
  Array.from({ length: windows * 10 }, (_, i): [number, number] => [Math.floor(i / 10), i % 10]).filter(
    ([window, index]) =>
      shownEvent(event({ window, index, windows, isLast: window === windows - 1 && index === 9 }), shown).isShown,
  );

describe("shownEvent", () => {
  it("shows every scale of one window where all are asked for, evenly chosen ones else", () => {
    expect(shownOf(1, "all")).toHaveLength(10);
    expect(shownOf(1, 3).map(([, index]) => index)).toEqual([...shownScales(3, 10), 9]);
    expect(shownOf(1, 0)).toEqual([[0, 9]]);
  });

  it("shows finished windows of a run in several, sixteen and the last at most", () => {
    expect(shownOf(4, "all")).toEqual([
      [0, 9],
      [1, 9],
      [2, 9],
      [3, 9],
    ]);
    expect(shownOf(256, "all")).toHaveLength(17);
    expect(shownOf(256, 64)).toHaveLength(17);
    expect(shownOf(256, 2)).toHaveLength(3);
    expect(shownEvent(event({ window: 2, windows: 4 }), "all")).toMatchObject({ step: 2, steps: 4 });
  });
});

describe("shownPictures", () => {
  it("are whole at the end and in one window, else small", async () => {
    const [small] = await shownPictures(event({ windows: 4 }, 600), 64);
    expect([small!.width, small!.height, small!.data.length]).toEqual([200, 200, 4 * 200 * 200]);
    expect(small!.data[4]).toBe(image(600).data[12]);
    expect((await shownPictures(event({ windows: 4, isLast: true }, 600), 64))[0]!.width).toBe(600);
    expect((await shownPictures(event({}, 600), 64))[0]!.width).toBe(600);
    expect((await shownPictures(event({ windows: 4 }, 600), 512))[0]!.width).toBe(300);
  });
});
