/** A painted patch put into a photograph of any size, a band of rows at a time: outside the mask no sample changes. */
import { checkMaster, type MasterImage, type PixelRect, whiteOf } from "../image/index.ts";
import { type EnlargedRows, enlargedRows } from "./enlarge.ts";
import type { EditMask } from "./mask.ts";
import { keptMean } from "./neighbourhood.ts";

export interface CompositeOptions {
  /**
   * Pixels of the picture inside the hole over which its edge is evened out, 0 to 64; 0: none. Three pixels of the
   * patch by default, none where the patch is of the region's own size.
   */
  readonly seam?: number | undefined;
}

/** Longest seam, pixels: bands are as high as three of it. */
const LONGEST_SEAM = 64;

/** Pixels of the patch over which an edge is evened out by default. */
const SEAM = 3;
/** Rows of a band, where the seam asks for no more. */
const BAND = 64;

/**
 * Puts a painted patch into a picture's region where the mask repaints: the patch is enlarged to the region (bicubic); what kept samples and
 * painting differ by near the edge is continued into the hole and fades out over the seam. At mask 0 the samples stay as they are, alpha too; at 255 they are
 * the painting's, opaque; between them a mix. Takes some 40 bytes for each pixel of a band of the region's rows, beside the arguments.
 * @param original changed in place
 * @param patch what the model painted of the region, in the original's colour space, of any size and of 8 or 16 bits
 * @param region inside the picture
 * @param mask of the picture's size; what it repaints outside the region is left as it is
 * @throws RangeError for sizes that do not fit each other
 */
export function compositePatch(
  original: MasterImage,
  patch: MasterImage,
  region: PixelRect,
  mask: EditMask,
  { seam: asked }: CompositeOptions = {},
): void {
  checkMaster(original, "picture");
  checkMaster(patch, "patch");
  checkSizes(original, region, mask);
  const zoom = Math.max(region.width / patch.width, region.height / patch.height);
  const seam = Math.min(LONGEST_SEAM, Math.round(asked ?? (zoom === 1 ? 0 : SEAM * zoom)));
  const painting = enlargedRows(patch, region.width, region.height);
  const scale = whiteOf(original) / whiteOf(patch);
  const height = Math.max(BAND, seam);
  for (let top = 0; top < region.height; top += height) {
    const bottom = Math.min(region.height, top + height);
    if (isKept(mask, region, top, bottom)) continue;
    const above = Math.max(0, top - seam);
    const below = Math.min(region.height, bottom + seam);
    const band = bandOf(original, painting, mask, { region, above, below, scale });
    if (seam > 0) evenBand(band, seam, top - above, bottom - above);
    writeBand(original, band, mask, region, { above, top, bottom });
  }
}

function checkSizes({ width, height }: MasterImage, region: PixelRect, mask: EditMask): void {
  if (mask.width !== width || mask.height !== height || mask.data.length !== width * height)
    throw new RangeError(`mask: expected ${width}x${height} values as the picture, got ${mask.width}x${mask.height}`);
  const { left, top } = region;
  const isWhole = [left, top, region.width, region.height].every((value) => Number.isInteger(value) && value >= 0);
  if (!isWhole || left + region.width > width || top + region.height > height)
    throw new RangeError(
      `region: expected a part of ${width}x${height}, got ${region.width}x${region.height} at ${left},${top}`,
    );
}

/** True where a region's rows repaint nothing. */
function isKept(mask: EditMask, { left, top, width }: PixelRect, from: number, to: number): boolean {
  for (let y = from; y < to; y++) {
    const at = (top + y) * mask.width + left;
    if (mask.data.subarray(at, at + width).some((value) => value > 0)) return false;
  }
  return true;
}

/** Some rows of a region. */
interface Band {
  readonly width: number;
  readonly height: number;
  /** [height, width], 1 = repainted in any part. */
  readonly hole: Uint8Array;
  /** [height, width, 3], painting in the original's range. */
  readonly painted: Float32Array;
  /** What the original has more than the painting, where kept; else 0. */
  readonly difference: Float32Array;
}

function bandOf(
  { data, width: stride, channels }: MasterImage,
  painting: EnlargedRows,
  mask: EditMask,
  {
    region,
    above,
    below,
    scale,
  }: { readonly region: PixelRect; readonly above: number; readonly below: number; readonly scale: number },
): Band {
  const { width } = region;
  const height = below - above;
  const painted = painting.rows(above, below);
  const difference = new Float32Array(painted.length);
  const hole = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const from = (region.top + above + y) * stride + region.left + x;
      const isHole = mask.data[from]! > 0;
      if (isHole) hole[i] = 1;
      for (let c = 0; c < 3; c++) {
        const value = painted[3 * i + c]! * scale;
        painted[3 * i + c] = value;
        if (!isHole) difference[3 * i + c] = data[from * channels + c]! - value;
      }
    }
  return { width, height, hole, painted, difference };
}

/**
 * Adds to the painting in a band's rows what kept samples around differ by, fading over the seam by the square of what is left of it.
 * Beside the edge the mean over near kept samples counts, farther in the mean over more of them.
 */
function evenBand(band: Band, seam: number, from: number, to: number): void {
  const { width, hole, painted } = band;
  const steps = stepsIn(band, seam);
  const nearby = Math.max(1, Math.ceil(seam / 4));
  const near = keptMean(band, nearby, from, to);
  const far = keptMean(band, seam, from, to);
  for (let i = from * width; i < to * width; i++) {
    const distance = steps[i]!;
    if (hole[i] === 0 || distance > seam) continue;
    const weight = (1 - (distance - 1) / seam) ** 2;
    const share = Math.min(1, (distance - 1) / nearby);
    for (let c = 0; c < 3; c++) {
      const at = 3 * (i - from * width) + c;
      const value = (1 - share) * near[at]! + share * far[at]!;
      painted[3 * i + c] = painted[3 * i + c]! + weight * value;
    }
  }
}

/** Steps (up, down, left, right) to the nearest kept pixel of a band, exact up to `most`: two passes of a distance transform. */
function stepsIn({ width, height, hole }: Band, most: number): Uint8Array {
  const steps = hole.map((value) => (value === 0 ? 0 : most + 1));
  const pass = (y: number, x: number, row: number, column: number): void => {
    const i = y * width + x;
    if (steps[i] === 0) return;
    let least = steps[i]!;
    if (row >= 0 && row < height) least = Math.min(least, steps[row * width + x]! + 1);
    if (column >= 0 && column < width) least = Math.min(least, steps[y * width + column]! + 1);
    steps[i] = least;
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pass(y, x, y - 1, x - 1);
  for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) pass(y, x, y + 1, x + 1);
  return steps;
}

/** Writes a band's rows where the mask repaints. */
function writeBand(
  original: MasterImage,
  { width, painted }: Band,
  mask: EditMask,
  region: PixelRect,
  { above, top, bottom }: { readonly above: number; readonly top: number; readonly bottom: number },
): void {
  const { data, channels } = original;
  const white = whiteOf(original);
  const sample = (value: number): number => Math.min(white, Math.max(0, Math.round(value)));
  for (let y = top; y < bottom; y++)
    for (let x = 0; x < width; x++) {
      const to = (region.top + y) * original.width + region.left + x;
      const share = mask.data[to]! / 255;
      if (share === 0) continue;
      const from = 3 * ((y - above) * width + x);
      const at = to * channels;
      for (let c = 0; c < 3; c++) data[at + c] = sample(share * painted[from + c]! + (1 - share) * data[at + c]!);
      if (channels === 4) data[at + 3] = sample(share * white + (1 - share) * data[at + 3]!);
    }
}
