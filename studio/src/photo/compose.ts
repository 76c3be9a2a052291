/** A photograph with what was painted into it, part by part. */
import { compositePatch } from "flexvar/editing";
import type { PixelRect } from "flexvar/image";
import type { Patch, PhotoMask } from "./messages.ts";

/** RGBA pixels of a part. */
type Read = (part: PixelRect) => Promise<Uint8Array>;

/** Painted regions, oldest first: RGBA at the photograph's own size, outside the mask as it was. */
export interface Painted {
  readonly region: PixelRect;
  readonly pixels: Uint8Array;
}

/** Puts patches in one after the other. */
export async function painted(read: Read, patches: readonly Patch[]): Promise<Painted[]> {
  const done: Painted[] = [];
  for (const { region, pixels: patch, mask } of patches) {
    const pixels = await composed(read, done, region);
    const { width, height } = region;
    const data = maskAt(mask, region);
    compositePatch(
      { data: pixels, width, height, channels: 4 },
      { ...patch, channels: 4 },
      { left: 0, top: 0, width, height },
      { data, width, height },
    );
    done.push({ region, pixels });
  }
  return done;
}

/** RGBA pixels of a part, with the regions painted on it. */
export async function composed(read: Read, regions: readonly Painted[], part: PixelRect): Promise<Uint8Array> {
  const out = await read(part);
  for (const { region, pixels } of regions) {
    const left = Math.max(part.left, region.left);
    const right = Math.min(part.left + part.width, region.left + region.width);
    const top = Math.max(part.top, region.top);
    const bottom = Math.min(part.top + part.height, region.top + region.height);
    for (let y = top; y < bottom && left < right; y++) {
      const from = 4 * ((y - region.top) * region.width + left - region.left);
      out.set(pixels.subarray(from, from + 4 * (right - left)), 4 * ((y - part.top) * part.width + left - part.left));
    }
  }
  return out;
}

/** A mask at the photograph's own size (bilinear): 0 wherever the shown picture's pixels around are 0. */
export function maskAt({ data, width, height, left, top, scale }: PhotoMask, part: PixelRect): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(part.width * part.height);
  const columns = Array.from({ length: part.width }, (_, x) =>
    between((part.left + x + 0.5) * scale - 0.5 - left, width),
  );
  for (let y = 0; y < part.height; y++) {
    const [above, below, down] = between((part.top + y + 0.5) * scale - 0.5 - top, height);
    const [first, second] = [above * width, below * width];
    for (let x = 0; x < part.width; x++) {
      const [before, after, right] = columns[x]!;
      const high = data[first + before]! * (1 - right) + data[first + after]! * right;
      const low = data[second + before]! * (1 - right) + data[second + after]! * right;
      out[y * part.width + x] = Math.round(high * (1 - down) + low * down);
    }
  }
  return out;
}

/** The two samples around a place, and how far it is from the first to the second. */
function between(place: number, length: number): readonly [number, number, number] {
  const held = Math.min(length - 1, Math.max(0, place));
  const first = Math.floor(held);
  return [first, Math.min(length - 1, first + 1), held - first];
}
