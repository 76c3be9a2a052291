/** Resizing in plain loops, double precision: written from the definitions, apart from the package's matrices. */

/** Mean of map[y0..y1) x [x0..x1): adaptive average pooling of one cell. */
export function areaCell(
  at: (y: number, x: number) => number,
  [H, W]: readonly [number, number],
  [h, w]: readonly [number, number],
  [y, x]: readonly [number, number],
): number {
  const [y0, y1] = [Math.floor((y * H) / h), Math.ceil(((y + 1) * H) / h)];
  const [x0, x1] = [Math.floor((x * W) / w), Math.ceil(((x + 1) * W) / w)];
  let sum = 0;
  for (let i = y0; i < y1; i++) for (let j = x0; j < x1; j++) sum += at(i, j);
  return sum / ((y1 - y0) * (x1 - x0));
}

/** The four weights of cubic convolution with a = −0.75 at fraction t between the second and third sample. */
function cubicWeights(t: number): [number, number, number, number] {
  const a = -0.75;
  const far = (d: number): number => a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a;
  const near = (d: number): number => (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

/** One cell of a bicubic resize: half-pixel centres, no antialias, edges clamped. */
export function bicubicCell(
  at: (y: number, x: number) => number,
  [H, W]: readonly [number, number],
  [h, w]: readonly [number, number],
  [y, x]: readonly [number, number],
): number {
  const [sy, sx] = [((y + 0.5) * H) / h - 0.5, ((x + 0.5) * W) / w - 0.5];
  const [fy, fx] = [Math.floor(sy), Math.floor(sx)];
  const [wy, wx] = [cubicWeights(sy - fy), cubicWeights(sx - fx)];
  const clamp = (i: number, n: number): number => Math.min(Math.max(i, 0), n - 1);
  let sum = 0;
  for (let i = 0; i < 4; i++)
    for (let j = 0; j < 4; j++) sum += wy[i]! * wx[j]! * at(clamp(fy - 1 + i, H), clamp(fx - 1 + j, W));
  return sum;
}
