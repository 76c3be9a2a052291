/** A data set of drawn shapes, and a rule that names a drawn shape: for training from scratch in seconds. */
import { npyArray, writeNpz } from "../../src/checkpoint/index.ts";
import type { RgbImage } from "../../src/image/index.ts";
import { createRandom, type Random } from "../../src/sampling/index.ts";

export const shapeClasses = ["disc", "square", "triangle", "ring"] as const;
export type ShapeClass = (typeof shapeClasses)[number];

/** Side of a drawing in pixels. */
export const SHAPE_SIDE = 16;
const SAMPLES = 4;
const COLOURS = [
  [220, 30, 30],
  [20, 130, 40],
  [30, 60, 210],
  [120, 20, 130],
  [30, 30, 30],
] as const;

/** Whether a point lies in the shape of "radius" 1 around the origin, y downwards. */
function inside(shape: ShapeClass, x: number, y: number): boolean {
  const r = Math.hypot(x, y);
  switch (shape) {
    case "disc":
      return r <= 1;
    case "ring":
      return r <= 1 && r >= 0.55;
    case "square":
      return Math.max(Math.abs(x), Math.abs(y)) <= 0.9;
    case "triangle":
      return y <= 0.9 && Math.abs(x) <= (y + 0.9) / 1.8;
  }
}

/** One drawing on white: position, size and colour at random, edges smoothed. RGB bytes [side, side, 3]. */
export function drawShape(shape: ShapeClass, random: Random): Uint8Array {
  const radius = 5.2 + 1.6 * random.uniform();
  const [cx, cy] = [8 + 1.6 * (random.uniform() - 0.5), 8 + 1.6 * (random.uniform() - 0.5)];
  const colour = COLOURS[random.int(COLOURS.length)]!;
  const out = new Uint8Array(SHAPE_SIDE * SHAPE_SIDE * 3);
  for (let y = 0; y < SHAPE_SIDE; y++) {
    for (let x = 0; x < SHAPE_SIDE; x++) {
      let covered = 0;
      for (let i = 0; i < SAMPLES ** 2; i++) {
        const px = x + ((i % SAMPLES) + 0.5) / SAMPLES;
        const py = y + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES;
        if (inside(shape, (px - cx) / radius, (py - cy) / radius)) covered++;
      }
      const share = covered / SAMPLES ** 2;
      for (let c = 0; c < 3; c++) out[(y * SHAPE_SIDE + x) * 3 + c] = Math.round(255 + share * (colour[c]! - 255));
    }
  }
  return out;
}

/** Writes `perClass` drawings of each class to an archive; every tenth is held out. */
export async function writeShapes(path: string, perClass: number, seed: number): Promise<void> {
  const random = createRandom(seed, "shapes");
  const count = perClass * shapeClasses.length;
  const images = new Uint8Array(count * SHAPE_SIDE ** 2 * 3);
  for (let i = 0; i < count; i++)
    images.set(drawShape(shapeClasses[i % shapeClasses.length]!, random), i * SHAPE_SIDE ** 2 * 3);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % shapeClasses.length);
  const split = Uint8Array.from({ length: count }, (_, i) => Number(Math.floor(i / shapeClasses.length) % 10 === 9));
  await writeNpz(path, {
    images: npyArray("uint8", [count, SHAPE_SIDE, SHAPE_SIDE, 3], images),
    labels: npyArray("uint8", [count], labels),
    split: npyArray("uint8", [count], split),
  });
}

/**
 * Names a drawing: dark pixels are the shape; a light middle is a ring; else the share of the shape's bounding box that is dark
 * tells square (1), disc (π/4) and triangle (1/2) apart. Undefined where there is next to nothing.
 */
export function recogniseShape({ width, height, data }: RgbImage): ShapeClass | undefined {
  const darkness = (x: number, y: number): number => {
    const at = (y * width + x) * 3;
    return 255 - Math.min(data[at]!, data[at + 1]!, data[at + 2]!);
  };
  let [left, right, top, bottom] = [width, -1, height, -1];
  let area = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (darkness(x, y) < 100) continue;
      area++;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  if (area < 12) return undefined;
  const middle = darkness(Math.round((left + right) / 2), Math.round((top + bottom) / 2));
  if (middle < 100) return "ring";
  const filled = area / ((right - left + 1) * (bottom - top + 1));
  if (filled > 0.9) return "square";
  return filled > 0.67 ? "disc" : "triangle";
}
