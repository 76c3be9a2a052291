// The holes that edits are measured with. Every one has its truth in the picture: out-painting and expanding start from a part.
import { createHash } from "node:crypto";

/** Numbers in [0, 1), the same for the same words. */
export function stream(...words) {
  let counter = 0;
  return () =>
    createHash("sha256")
      .update([...words, counter++].join("/"))
      .digest()
      .readUInt32LE(0) /
    2 ** 32;
}

/** A hole [side, side] (1 = paint) where `inside(x, y)`. */
const holeWhere = (side, inside) =>
  Uint8Array.from({ length: side * side }, (_, i) => (inside(i % side, Math.floor(i / side)) ? 1 : 0));

/** The central square of half the side. */
export function centralHole(side) {
  const [low, high] = [side / 4, (3 * side) / 4];
  return holeWhere(side, (x, y) => x >= low && x < high && y >= low && y < high);
}

/** One to three rectangles or ellipses of a fifth to half of the side, anywhere: 4 to 50 % of the picture. */
export function randomHole(side, seed, number) {
  const random = stream("mask", seed, number);
  for (;;) {
    const shapes = Array.from({ length: 1 + Math.floor(3 * random()) }, () => {
      const [w, h] = [side * (0.2 + 0.3 * random()), side * (0.2 + 0.3 * random())];
      return { x: (side - w) * random() + w / 2, y: (side - h) * random() + h / 2, w, h, round: random() < 0.5 };
    });
    const hole = holeWhere(side, (x, y) =>
      shapes.some((s) => {
        const [dx, dy] = [Math.abs(x + 0.5 - s.x) / (s.w / 2), Math.abs(y + 0.5 - s.y) / (s.h / 2)];
        return s.round ? dx * dx + dy * dy <= 1 : Math.max(dx, dy) <= 1;
      }),
    );
    const share = hole.reduce((a, b) => a + b, 0) / hole.length;
    if (share >= 0.04 && share <= 0.5) return hole;
  }
}

/** All but the middle part of w by h pixels: out-painting (w = h) and expanding (h = side). */
export function frameHole(side, w, h) {
  const [left, top] = [(side - w) / 2, (side - h) / 2];
  return holeWhere(side, (x, y) => x < left || x >= left + w || y < top || y >= top + h);
}

/** The box around a hole, grown by an eighth of the side. */
export function boxAround(hole, side) {
  const xs = [];
  const ys = [];
  for (let i = 0; i < hole.length; i++) {
    if (hole[i] === 0) continue;
    xs.push(i % side);
    ys.push(Math.floor(i / side));
  }
  const grow = side / 8;
  const [left, top] = [Math.max(0, Math.min(...xs) - grow), Math.max(0, Math.min(...ys) - grow)];
  const [right, bottom] = [Math.min(side, Math.max(...xs) + 1 + grow), Math.min(side, Math.max(...ys) + 1 + grow)];
  return { left, top, width: right - left, height: bottom - top };
}

/** A part of a picture. */
export function crop({ data, width }, rect) {
  const out = new Uint8Array(3 * rect.width * rect.height);
  for (let y = 0; y < rect.height; y++) {
    const from = 3 * ((rect.top + y) * width + rect.left);
    out.set(data.subarray(from, from + 3 * rect.width), 3 * y * rect.width);
  }
  return { data: out, width: rect.width, height: rect.height };
}
