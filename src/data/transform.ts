/**
 * Strong changes of a training picture that the model is told of, so that a small set lasts longer and samples stay as the set is
 * (distribution augmentation; Jun et al., ICML 2020).
 */

/** One change. Left out: as it is. */
export interface Transform {
  /** Mirrored left to right, before it is turned. */
  readonly mirror?: boolean;
  /** Quarter turns clockwise. */
  readonly turns?: 0 | 1 | 2 | 3;
  /** Degrees by which colours turn around the grey axis. */
  readonly hue?: number;
}

/**
 * Changes planes [N, 3, S, S] into new ones. Mirrors and turns move pixels, hues turn colours linearly: white, grey and black stay
 * what they are, and what leaves [-1, 1] is clipped.
 */
export function transformPlanes(planes: Float32Array, size: number, transform: Transform): Float32Array {
  const { mirror = false, turns = 0, hue = 0 } = transform;
  const out = new Float32Array(planes.length);
  const area = size * size;
  for (let at = 0; at < planes.length; at += area)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        let [fromY, fromX] = [y, x];
        for (let i = 0; i < turns; i++) [fromY, fromX] = [size - 1 - fromX, fromY];
        if (mirror) fromX = size - 1 - fromX;
        out[at + y * size + x] = planes[at + fromY * size + fromX]!;
      }
  if (hue !== 0) turnHue(out, area, hue);
  return out;
}

/** Rotation of RGB around the grey axis (Rodrigues' formula for the axis (1, 1, 1) / √3), in place. */
function turnHue(planes: Float32Array, area: number, degrees: number): void {
  const angle = (degrees * Math.PI) / 180;
  const [same, next, last] = [0, 120, 240].map((shift) => (1 + 2 * Math.cos(angle + (shift * Math.PI) / 180)) / 3) as [
    number,
    number,
    number,
  ];
  const clip = (value: number): number => Math.min(1, Math.max(-1, value));
  for (let at = 0; at < planes.length; at += 3 * area)
    for (let i = at; i < at + area; i++) {
      const [r, g, b] = [planes[i]!, planes[i + area]!, planes[i + 2 * area]!];
      planes[i] = clip(same * r + next * g + last * b);
      planes[i + area] = clip(last * r + same * g + next * b);
      planes[i + 2 * area] = clip(next * r + last * g + same * b);
    }
}
