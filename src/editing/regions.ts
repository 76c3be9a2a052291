import type { PixelRect } from "../image/index.ts";

/** Box of pixels, ends not included. */
interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/**
 * The boxes of a hole's connected parts (eight neighbours), those that lie within `side` pixels together joined to one: each
 * in turn takes up all later ones that leave its box within `side`, or that its box covers already.
 */
export function regionsOf(hole: Uint8Array, width: number, height: number, side: number): PixelRect[] {
  let rest = components(hole, width, height);
  const regions: PixelRect[] = [];
  while (rest.length > 0) {
    let box = rest[0]!;
    let others = rest.slice(1);
    for (let grown = true; grown; ) {
      const left: Box[] = [];
      for (const other of others) {
        const joined = union(box, other);
        const fits = joined.right - joined.left <= side && joined.bottom - joined.top <= side;
        if (fits || same(joined, box)) box = joined;
        else left.push(other);
      }
      grown = left.length < others.length;
      others = left;
    }
    regions.push({ left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top });
    rest = others;
  }
  return regions;
}

function union(a: Box, b: Box): Box {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

function same(a: Box, b: Box): boolean {
  return a.left === b.left && a.top === b.top && a.right === b.right && a.bottom === b.bottom;
}

function components(hole: Uint8Array, width: number, height: number): Box[] {
  const seen = new Uint8Array(hole.length);
  const boxes: Box[] = [];
  const stack: number[] = [];
  for (let start = 0; start < hole.length; start++) {
    if (hole[start] === 0 || seen[start] === 1) continue;
    const box: Box = { left: width, top: height, right: 0, bottom: 0 };
    seen[start] = 1;
    stack.push(start);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)];
      box.left = Math.min(box.left, x);
      box.top = Math.min(box.top, y);
      box.right = Math.max(box.right, x + 1);
      box.bottom = Math.max(box.bottom, y + 1);
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (hole[next] === 0 || seen[next] === 1) continue;
          seen[next] = 1;
          stack.push(next);
        }
    }
    boxes.push(box);
  }
  return boxes;
}
