/** How pictures reach the side of 299 pixels that Inception reads. */
import { areaMatrix, bicubicMatrix, cubic, type ResizeMatrix } from "../image/index.ts";

/**
 * `tensorflow-bilinear`: TensorFlow 1's `resize_bilinear`, pixel i at i·in/out, no half-pixel centres: what FID is defined with.
 * `bilinear`: half-pixel centres, no antialiasing (PyTorch's `interpolate`). `bicubic`: PyTorch's, a = −0.75.
 * `bicubic-antialiased`: Pillow's, a = −0.5, the kernel widened when shrinking (clean-FID's choice). `area`: means of windows.
 */
export const inceptionResizes = ["tensorflow-bilinear", "bilinear", "bicubic", "bicubic-antialiased", "area"] as const;
export type InceptionResize = (typeof inceptionResizes)[number];

/** Weights of one axis, [to, from]. */
export function inceptionResizeMatrix(mode: InceptionResize, from: number, to: number): ResizeMatrix {
  switch (mode) {
    case "tensorflow-bilinear":
      return lerpMatrix(from, to, (i) => Math.fround(i * Math.fround(from / to)));
    case "bilinear":
      return lerpMatrix(from, to, (i) => Math.max(0, ((i + 0.5) * from) / to - 0.5));
    case "bicubic":
      return bicubicMatrix(from, to);
    case "bicubic-antialiased":
      return antialiasedMatrix(from, to);
    case "area":
      return areaMatrix(from, to);
    default:
      return mode satisfies never;
  }
}

/** Linear interpolation between the two pixels around a place; beyond the last pixel, that pixel. */
function lerpMatrix(from: number, to: number, place: (i: number) => number): ResizeMatrix {
  const data = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = place(i);
    const low = Math.min(Math.floor(at), from - 1);
    const high = Math.min(low + 1, from - 1);
    const share = at - Math.floor(at);
    data[i * from + low]! += 1 - share;
    data[i * from + high]! += share;
  }
  return { data, out: to, in: from };
}

function antialiasedMatrix(from: number, to: number): ResizeMatrix {
  const data = new Float32Array(to * from);
  const step = from / to;
  const widen = Math.max(1, step);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * step;
    const begin = Math.max(0, Math.trunc(centre - 2 * widen + 0.5));
    const end = Math.min(from, Math.trunc(centre + 2 * widen + 0.5));
    const weights = Array.from({ length: end - begin }, (_, k) => cubic((begin + k + 0.5 - centre) / widen, -0.5));
    const total = weights.reduce((sum, w) => sum + w, 0);
    weights.forEach((w, k) => {
      data[i * from + begin + k] = w / total;
    });
  }
  return { data, out: to, in: from };
}
