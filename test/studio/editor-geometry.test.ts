/** The editor's geometry and gestures without a browser. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundsOf } from "../../studio/src/editor/document.ts";
import { dragged, type Effect, type Hand, IDLE, lifted, pressed } from "../../studio/src/editor/gesture.ts";
import { contrast, MASK_DARK, MASK_LIGHT, rgbOf } from "../../studio/src/editor/mask-ink.ts";
import { strokeFrame } from "../../studio/src/editor/stroke.ts";
import {
  BORDER,
  distance,
  fitView,
  heldView,
  type Point,
  pinched,
  pixelsWithin,
  scaledAt,
  toPicture,
  toScreen,
  unionOf,
  wheelFactor,
} from "../../studio/src/editor/view.ts";

const room = { width: 800, height: 600 };
const frame = { left: -10, top: 0, width: 410, height: 200 };

const place = fc.tuple(
  fc.double({ min: -2000, max: 2000, noNaN: true }),
  fc.double({ min: -2000, max: 2000, noNaN: true }),
);
const view = fc.record({
  scale: fc.double({ min: 0.01, max: 64, noNaN: true }),
  x: fc.double({ min: -1e5, max: 1e5, noNaN: true }),
  y: fc.double({ min: -1e5, max: 1e5, noNaN: true }),
});
const near = (one: Point, other: Point): number => distance(one, other);

describe("the view", () => {
  test("that fits shows the whole frame in the middle, with its border", () => {
    const fitting = fitView(frame, room);
    const [left, top] = toScreen(fitting, [frame.left, frame.top]);
    const [right, bottom] = toScreen(fitting, [frame.left + frame.width, frame.top + frame.height]);
    expect([left, right]).toEqual([expect.closeTo(BORDER), expect.closeTo(room.width - BORDER)]);
    expect(top).toBeCloseTo(room.height - bottom);
    expect(top).toBeGreaterThan(BORDER);
  });

  test("zoomed about a place keeps that place, and goes to the picture and back", () => {
    fc.assert(
      fc.property(view, fc.double({ min: 0.01, max: 64, noNaN: true }), place, (one, scale, at) => {
        expect(near(toPicture(one, at), toPicture(scaledAt(one, scale, at), at))).toBeLessThan(1e-3);
        expect(near(toScreen(one, toPicture(one, at)), at)).toBeLessThan(1e-6);
      }),
    );
  });

  test("pinched keeps what lies under both fingers under them, where they only come apart", () => {
    const before = { scale: 2, x: 30, y: 40 };
    const [from, to] = [
      [
        [100, 100],
        [200, 200],
      ],
      [
        [50, 120],
        [250, 320],
      ],
    ] as const;
    const after = pinched(before, from, to);
    expect(after.scale).toBeCloseTo(4);
    for (const finger of [0, 1] as const)
      expect(near(toPicture(before, from[finger]), toPicture(after, to[finger]))).toBeLessThan(1e-9);
  });

  test("is held within its limits: some of the frame stays in sight, at scales that can be used", () => {
    fc.assert(
      fc.property(view, place, (one, at) => {
        const held = heldView(one, frame, room, at);
        expect(held.scale).toBeGreaterThanOrEqual(0.2);
        expect(held.scale).toBeLessThanOrEqual(64);
        const [left, top] = toScreen(held, [frame.left, frame.top]);
        const [right, bottom] = toScreen(held, [frame.left + frame.width, frame.top + frame.height]);
        expect(Math.min(right, room.width) - Math.max(left, 0)).toBeGreaterThan(40);
        expect(Math.min(bottom, room.height) - Math.max(top, 0)).toBeGreaterThan(40);
        const again = heldView(held, frame, room, at);
        expect(near([again.x, again.y], [held.x, held.y])).toBeLessThan(1e-6);
      }),
    );
  });

  test("turned wheels zoom as far back as they came", () => {
    expect(wheelFactor(-100, false, false) * wheelFactor(100, false, false)).toBeCloseTo(1);
    expect(wheelFactor(-3, true, false)).toBeGreaterThan(1.05);
    expect(wheelFactor(-10, false, true)).toBeGreaterThan(wheelFactor(-10, false, false));
  });
});

describe("pointers", () => {
  const mouse = { type: "mouse", button: 0, pans: false, at: [0, 0] as Point };
  const run = (steps: readonly ((hand: Hand) => readonly [Hand, Effect?])[]): { hand: Hand; kinds: string[] } => {
    let hand: Hand = IDLE;
    const kinds: string[] = [];
    for (const step of steps) {
      const [next, effect] = step(hand);
      hand = next;
      if (effect) kinds.push(effect.kind);
    }
    return { hand, kinds };
  };
  const down =
    (id: number, more: object = {}) =>
    (hand: Hand) =>
      pressed(hand, { ...mouse, id, ...more });
  const move = (id: number, at: Point) => (hand: Hand) => dragged(hand, { id, at });
  const up =
    (id: number, lost = false) =>
    (hand: Hand) =>
      lifted(hand, id, lost);
  const touch = { type: "touch" };

  test("the main button paints, the right one never", () => {
    expect(run([down(1), move(1, [5, 5]), up(1)])).toEqual({ hand: IDLE, kinds: ["begin", "draw", "finish"] });
    expect(run([down(1, { button: 2 }), move(1, [5, 5]), up(1)])).toEqual({ hand: IDLE, kinds: [] });
  });

  test("the middle button and the main one with Space move the picture", () => {
    expect(run([down(1, { button: 1 }), move(1, [5, 5]), up(1)]).kinds).toEqual(["pan"]);
    expect(run([down(1, { pans: true }), move(1, [5, 5]), up(1)]).kinds).toEqual(["pan"]);
  });

  test("a second finger takes the stroke back and pinches; the one that is left does nothing", () => {
    const { hand, kinds } = run([
      down(1, touch),
      move(1, [3, 3]),
      down(2, touch),
      move(2, [9, 9]),
      up(1),
      move(2, [50, 50]),
      down(3, touch),
      up(3),
      up(2),
    ]);
    expect(kinds).toEqual(["begin", "draw", "discard", "pinch"]);
    expect(hand).toEqual(IDLE);
  });

  test("a third finger ends a pinch, a palm beside a pen is no finger, a lost pointer paints nothing", () => {
    const third = run([down(1, touch), down(2, touch), down(3, touch), move(1, [9, 9]), up(1), up(2), up(3)]);
    expect(third).toEqual({ hand: IDLE, kinds: ["begin", "discard"] });
    const pen = run([down(1, { type: "pen" }), down(2, touch), move(2, [9, 9]), move(1, [2, 2]), up(2), up(1)]);
    expect(pen.kinds).toEqual(["begin", "draw", "finish"]);
    expect(run([down(1), up(1, true)]).kinds).toEqual(["begin", "discard"]);
  });

  test("whatever comes, all pointers up is idle, and each stroke ends once", () => {
    const step = fc.record({
      kind: fc.constantFrom("down", "move", "up"),
      id: fc.integer({ min: 1, max: 4 }),
      type: fc.constantFrom("mouse", "touch", "pen"),
      button: fc.integer({ min: 0, max: 2 }),
      pans: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const isDown = new Set<number>();
        const acts = steps.flatMap(({ kind, id, ...more }) => {
          if (kind === "move") return [move(id, [id, id])];
          if (kind === "up") return isDown.delete(id) ? [up(id)] : [];
          return isDown.has(id) ? [] : [isDown.add(id) && down(id, more)];
        });
        const { hand, kinds } = run([...acts, ...[...isDown].map((id) => up(id))]);
        expect(hand).toEqual(IDLE);
        const count = (kind: string): number => kinds.filter((one) => one === kind).length;
        expect(count("begin")).toBe(count("finish") + count("discard"));
      }),
    );
  });
});

test("one of the two lines of the mask stands out by 4 to 1 from any colour", () => {
  const [light, dark] = [rgbOf(MASK_LIGHT), rgbOf(MASK_DARK)];
  let least = Number.POSITIVE_INFINITY;
  for (let r = 0; r <= 255; r += 15)
    for (let g = 0; g <= 255; g += 15)
      for (let b = 0; b <= 255; b += 15)
        least = Math.min(least, Math.max(contrast([r, g, b], light), contrast([r, g, b], dark)));
  expect(least).toBeGreaterThan(4);
  expect(contrast(light, dark)).toBeGreaterThan(15);
});

test("bounds of a mask are the smallest frame around what is painted", () => {
  const pixels = new Uint32Array(7 * 5);
  expect(boundsOf(pixels, 7, 5)).toBeUndefined();
  pixels[1 * 7 + 4] = 9;
  pixels[3 * 7 + 2] = 1;
  expect(boundsOf(pixels, 7, 5)).toEqual({ left: 2, top: 1, width: 3, height: 3 });
});

test("the pixels that a stroke changes are those within its frame and the picture", () => {
  const points: readonly Point[] = [
    [10, 20],
    [-4, 6.5],
  ];
  expect(strokeFrame({ tool: "brush", width: 6, points })).toEqual({ left: -8, top: 2.5, width: 22, height: 21.5 });
  const lasso = strokeFrame({ tool: "lasso", width: 6, points });
  expect(lasso).toEqual({ left: -5, top: 5.5, width: 16, height: 15.5 });
  const within = pixelsWithin(lasso, { width: 100, height: 12 });
  expect(within).toEqual({ left: 0, top: 5, width: 11, height: 7 });
  expect(pixelsWithin(lasso, { width: 100, height: 5 })).toBeUndefined();
  expect(unionOf(within, { left: 4, top: 0, width: 9, height: 6 })).toEqual({ left: 0, top: 0, width: 13, height: 12 });
  expect(unionOf(undefined, within)).toBe(within);
});
