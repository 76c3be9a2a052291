import type { PixelRect } from "../image/index.ts";

/**
 * The boxes of a hole's connected parts (eight neighbours), those that lie within `side` pixels together joined to one: each
 * in turn takes up all later ones that leave its box within `side`, or that its box covers already.
 */
export function regionsOf(hole: Uint8Array, width: number, height: number, side: number): PixelRect[] {
  let rest = components(hole, width, height);
  const regions: PixelRect[] = [];
  while (rest.length > 0) {
    let box = rest[0]!;
    const left: PixelRect[] = [];
    for (const other of rest.slice(1)) {
      const joined = unionRect(box, other);
      const isCovered = joined.width === box.width && joined.height === box.height;
      // One that did not fit into a smaller box fits into no larger one: a single pass is enough.
      if (isCovered || (joined.width <= side && joined.height <= side)) box = joined;
      else left.push(other);
    }
    regions.push(box);
    rest = left;
  }
  return regions;
}

/** The smallest rectangle around two. */
export function unionRect(a: PixelRect, b: PixelRect): PixelRect {
  const [left, top] = [Math.min(a.left, b.left), Math.min(a.top, b.top)];
  const right = Math.max(a.left + a.width, b.left + b.width);
  const bottom = Math.max(a.top + a.height, b.top + b.height);
  return { left, top, width: right - left, height: bottom - top };
}

function components(hole: Uint8Array, width: number, height: number): PixelRect[] {
  const seen = new Uint8Array(hole.length);
  const boxes: PixelRect[] = [];
  const stack: number[] = [];
  for (let start = 0; start < hole.length; start++) {
    if (hole[start] === 0 || seen[start] === 1) continue;
    let [left, top, right, bottom] = [width, height, 0, 0];
    seen[start] = 1;
    stack.push(start);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)];
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (hole[next] === 0 || seen[next] === 1) continue;
          seen[next] = 1;
          stack.push(next);
        }
    }
    boxes.push({ left, top, width: right - left, height: bottom - top });
  }
  return boxes;
}
