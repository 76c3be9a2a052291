import { ExpectedError } from "../errors/index.ts";
import type { RgbImage } from "../image/index.ts";

/** Peak signal-to-noise ratio in decibels of 8-bit pictures; infinite for equal ones. */
export function psnr(a: RgbImage, b: RgbImage): number {
  checkPair(a, b);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i]! - b.data[i]!) ** 2;
  return sum === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(255 ** 2 / (sum / a.data.length));
}

const TAPS = 11;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/**
 * Structural similarity (Wang et al. 2004) on luma (ITU-R BT.601): Gaussian window of 11 taps, σ 1.5, where it lies wholly
 * inside. −1 to 1. @throws RangeError for pictures below 11 pixels a side
 */
export function ssim(a: RgbImage, b: RgbImage): number {
  checkPair(a, b);
  const { width, height } = a;
  if (Math.min(width, height) < TAPS)
    throw new ExpectedError(`ssim: expected pictures of at least ${TAPS}x${TAPS} pixels, got ${width}x${height}`);
  const [x, y] = [luma(a), luma(b)];
  const blur = (values: Float64Array): Float64Array => window(values, width, height);
  const [mx, my] = [blur(x), blur(y)];
  const [xx, yy, xy] = [blur(x.map((v) => v * v)), blur(y.map((v) => v * v)), blur(x.map((v, i) => v * y[i]!))];
  const total = mx.reduce((sum, m, i) => {
    const n = my[i]!;
    const covariance = xy[i]! - m * n;
    const variances = xx[i]! - m * m + yy[i]! - n * n;
    return sum + ((2 * m * n + C1) * (2 * covariance + C2)) / ((m * m + n * n + C1) * (variances + C2));
  }, 0);
  return total / mx.length;
}

function checkPair(a: RgbImage, b: RgbImage): void {
  if (a.width !== b.width || a.height !== b.height)
    throw new ExpectedError(
      `pixels: expected pictures of one size, got ${a.width}x${a.height} and ${b.width}x${b.height}`,
    );
}

const luma = ({ data, width, height }: RgbImage): Float64Array =>
  Float64Array.from(
    { length: width * height },
    (_, i) => 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!,
  );

/** Weighted means of all windows inside, rows first. */
function window(values: Float64Array, width: number, height: number): Float64Array {
  const weights = Array.from({ length: TAPS }, (_, i) => Math.exp(-((i - (TAPS - 1) / 2) ** 2) / (2 * SIGMA ** 2)));
  const total = weights.reduce((a, b) => a + b, 0);
  const [w, h] = [width - TAPS + 1, height - TAPS + 1];
  const rows = new Float64Array(w * height);
  const out = new Float64Array(w * h);
  for (let i = 0; i < rows.length; i++) {
    const at = Math.floor(i / w) * width + (i % w);
    for (let t = 0; t < TAPS; t++) rows[i]! += (weights[t]! / total) * values[at + t]!;
  }
  for (let i = 0; i < out.length; i++)
    for (let t = 0; t < TAPS; t++) out[i]! += (weights[t]! / total) * rows[i + t * w]!;
  return out;
}
