import { OptionError } from "../errors/index.ts";
/** What to repaint of a picture: [H, W] row-major, 0 keeps the pixel, 255 repaints it, values between blend. */
export interface EditMask {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** How a mask picture is read: `white` = repaint (diffusers), `alpha`: transparent = repaint (OpenAI); `auto`: as the file shows. */
export const MASK_MODES = ["auto", "white", "alpha"] as const;
export type MaskMode = (typeof MASK_MODES)[number];

/** A mask of one value. */
export function plainMask(width: number, height: number, value: number): EditMask {
  return { data: new Uint8Array(width * height).fill(value), width, height };
}

/** @throws OptionError for a mask of another size than the picture, of wrong length, or that repaints nothing. */
export function checkMask(mask: EditMask, image: { readonly width: number; readonly height: number }): EditMask {
  if (mask.width !== image.width || mask.height !== image.height)
    throw new OptionError("mask", `the picture's size, ${image.width}x${image.height}`, `${mask.width}x${mask.height}`);
  if (mask.data.length !== mask.width * mask.height)
    throw new OptionError("mask", `${mask.width * mask.height} values`, mask.data.length);
  if (!mask.data.some((value) => value > 0))
    throw new OptionError("mask", "something to repaint (white)", "a mask that is black all over");
  return mask;
}

/** A mask at another size: a pixel repaints as much as the most of what lies in it, so that nothing of a hole is lost. */
export function resizeMask({ data, width, height }: EditMask, toWidth: number, toHeight: number): EditMask {
  const out = new Uint8Array(toWidth * toHeight);
  const ends = (i: number, from: number, to: number): readonly [number, number] => [
    Math.floor((i * from) / to),
    Math.ceil(((i + 1) * from) / to),
  ];
  for (let y = 0; y < toHeight; y++) {
    const [top, bottom] = ends(y, height, toHeight);
    for (let x = 0; x < toWidth; x++) {
      const [left, right] = ends(x, width, toWidth);
      let most = 0;
      for (let v = top; v < bottom; v++) for (let u = left; u < right; u++) most = Math.max(most, data[v * width + u]!);
      out[y * toWidth + x] = most;
    }
  }
  return { data: out, width: toWidth, height: toHeight };
}

/** True where pixels between keeping and repainting occur: their blend needs the picture as it was. */
export function isSoft({ data }: EditMask): boolean {
  return data.some((value) => value > 0 && value < 255);
}

/** The hole: 1 where anything is repainted, [H, W]. Partly repainted pixels belong to it. */
export function holeOf({ data }: EditMask): Uint8Array {
  return data.map((value) => (value > 0 ? 1 : 0));
}

/** Runs of equal values as text, `value*length` in base 36 joined by commas: what settings keep of a mask. */
export function maskToText({ data }: EditMask): string {
  const runs: string[] = [];
  for (let at = 0; at < data.length; ) {
    let end = at + 1;
    while (end < data.length && data[end] === data[at]) end++;
    runs.push(`${data[at]!.toString(36)}*${(end - at).toString(36)}`);
    at = end;
  }
  return runs.join(",");
}

/** Reads {@link maskToText}. @throws OptionError where the runs are malformed or do not fill the size exactly. */
export function maskFromText(text: string, width: number, height: number): EditMask {
  const data = new Uint8Array(width * height);
  let at = 0;
  for (const run of text.split(",")) {
    const match = /^([0-9a-z]{1,2})\*([0-9a-z]{1,7})$/.exec(run);
    const value = Number.parseInt(match?.[1] ?? "", 36);
    const length = Number.parseInt(match?.[2] ?? "", 36);
    if (!(value <= 255) || !(length >= 1) || at + length > data.length)
      throw new OptionError("mask", `runs of ${data.length} values`, `"${run.slice(0, 40)}"`);
    data.fill(value, at, at + length);
    at += length;
  }
  if (at !== data.length) throw new OptionError("mask", `runs of ${data.length} values`, at);
  return { data, width, height };
}
