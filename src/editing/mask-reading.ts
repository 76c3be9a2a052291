/** What a picture given as a mask says: mask files are written by several conventions, which one of them a file follows shows in it. */
import { OptionError } from "../errors/index.ts";
import { channelsOf, type RgbaImage, type RgbImage } from "../image/index.ts";
import type { EditMask, MaskMode } from "./mask.ts";

/** A mask, and how it was read. */
export interface MaskReading {
  readonly mask: EditMask;
  /** By brightness (white is repainted) or by transparency (transparent is repainted). */
  readonly by: "white" | "alpha";
  /** True where values 0 and 1 were read as 0 and 255. */
  readonly isScaled: boolean;
  /** The value that stood for white, where `isScaled`. */
  readonly scaledFrom?: number;
}

/** A mask file that two conventions read differently, without a sign which one it follows. */
export class MaskModeError extends OptionError {
  /** The ways to read it, and the share of the picture that each repaints, 0 to 1. */
  readonly shares: { readonly white: number; readonly alpha: number };

  constructor(white: EditMask, alpha: EditMask) {
    const shares = { white: shareOf(white), alpha: shareOf(alpha) };
    super(
      "maskMode",
      "white or alpha for a mask that is of one colour where it is not transparent",
      `auto: white repaints ${percent(shares.white)} of the picture (what is white), ` +
        `alpha ${percent(shares.alpha)} (what is transparent)`,
    );
    this.shares = shares;
  }
}

/** Alpha from which on a pixel counts as opaque, and below which a picture is transparent at all. */
const OPAQUE = 128;
const NEARLY_OPAQUE = 250;
/** Differences of bytes that rounding and lossy compression make. */
const NOISE = 8;

/**
 * Reads a mask off a picture. `white`: brightness repaints (colours by their luma, BT.601; transparent parts are black), so grey
 * repaints in part. `alpha`: transparency repaints. `auto`: by brightness where nothing is transparent; else by
 * transparency, if only that repaints anything, both repaint the same, or the opaque part is a picture of several colours. Values
 * of 0 and one number up to 15 count as 0 and 255; one colour that is no grey, on black, repaints as a whole.
 * @throws MaskModeError for `auto` where the readings differ and the opaque part is of one colour, or black and white
 */
export function readMask(image: RgbImage | RgbaImage, mode: MaskMode = "auto"): MaskReading {
  const { width, height } = image;
  const planes = planesOf(image);
  const white = (): MaskReading => ({ by: "white", ...brightness(planes, width, height) });
  const alpha = (): MaskReading => ({ by: "alpha", ...transparency(planes, width, height) });
  if (mode === "alpha") return alpha();
  if (mode === "white" || !isTransparent(planes)) {
    expectShades(white().mask);
    return white();
  }
  const [byWhite, byAlpha] = [white(), alpha()];
  const decides = shareOf(byWhite.mask) === 0 || agree(byWhite.mask, byAlpha.mask) || !isPlain(planes);
  if (decides) return byAlpha;
  throw new MaskModeError(byWhite.mask, byAlpha.mask);
}

/** The mask alone of `readMask`. */
export function maskFromImage(image: RgbImage | RgbaImage, mode: MaskMode = "auto"): EditMask {
  return readMask(image, mode).mask;
}

/** One line on how a mask was read: by what, which side is repainted, and how much of the picture. */
export function describeMask({ mask, by, isScaled, scaledFrom = 1 }: MaskReading): string {
  const side = by === "alpha" ? "alpha: transparent is repainted" : "brightness: white is repainted";
  const values = isScaled ? `, values 0 and ${scaledFrom} as 0 and 255` : "";
  const soft = shareOf(mask, (value) => value > 0 && value < 255);
  const most = mask.data.reduce((high, value) => Math.max(high, value), 0);
  const inPart = soft === 0 ? "" : `; ${percent(soft)} in part${most < 255 ? `, ${percent(most / 255)} at most` : ""}`;
  return `read by ${side}${values}, ${percent(shareOf(mask))} of the picture${inPart}`;
}

/** Share of the pixels with such values; by default of those that are repainted, in part counting as whole. */
const shareOf = ({ data }: EditMask, counts: (value: number) => boolean = (value) => value > 0): number =>
  data.reduce((sum, value) => sum + (counts(value) ? 1 : 0), 0) / data.length;

function percent(share: number): string {
  const value = 100 * share;
  return `${value > 0 && value < 0.1 ? "under 0.1" : value < 100 && value > 99.9 ? "over 99.9" : Number(value.toFixed(1))} %`;
}

/** A picture's pixels, and its alpha apart. */
interface Planes {
  readonly data: Uint8Array;
  readonly channels: 3 | 4;
  /** [H, W]; 255 where the picture has none. */
  readonly alpha: Uint8Array;
  /** Values 0 and 1 in alpha stood for 0 and 255. */
  readonly isAlphaScaled: boolean;
}

function planesOf(image: RgbImage | RgbaImage): Planes {
  const { data, width, height } = image;
  const channels = channelsOf(image);
  const alpha = new Uint8Array(width * height).fill(255);
  if (channels === 4) for (let i = 0; i < alpha.length; i++) alpha[i] = data[4 * i + 3]!;
  const isAlphaScaled = alpha.includes(1) && alpha.every((value) => value <= 1);
  if (isAlphaScaled) for (let i = 0; i < alpha.length; i++) alpha[i] = 255 * alpha[i]!;
  return { data, channels, alpha, isAlphaScaled };
}

const isTransparent = ({ alpha }: Planes): boolean => alpha.some((value) => value < NEARLY_OPAQUE);

type Read = Pick<MaskReading, "mask" | "isScaled" | "scaledFrom">;

function transparency({ alpha, isAlphaScaled }: Planes, width: number, height: number): Read {
  return { mask: { data: alpha.map((value) => 255 - value), width, height }, isScaled: isAlphaScaled };
}

/** Luma over black; of a picture that is black then (white under full transparency) the luma of the colours alone. */
function brightness(planes: Planes, width: number, height: number): Read {
  let data = lumaOf(planes, planes.alpha);
  if (data.every((value) => value === 0)) data = lumaOf(planes, undefined);
  const numbers = numbersIn(data);
  const index = numbers.length === 1 ? numbers[0] : undefined;
  if (index !== undefined || isMarked(planes)) data = data.map((value) => (value > 0 ? 255 : 0));
  return {
    mask: { data, width, height },
    isScaled: index !== undefined,
    ...(index !== undefined && { scaledFrom: index }),
  };
}

/** Rec. 601 luma, over black by an alpha. */
function lumaOf({ data: rgb, channels, alpha: { length } }: Planes, alpha: Uint8Array | undefined): Uint8Array {
  const luma = new Uint8Array(length);
  for (let i = 0, at = 0; i < length; i++, at += channels) {
    const value = (299 * rgb[at]! + 587 * rgb[at + 1]! + 114 * rgb[at + 2]!) / 1000;
    luma[i] = Math.round(alpha === undefined ? value : (value * alpha[i]!) / 255);
  }
  return luma;
}

/** Values up to this are numbers of things, not shades: nobody sees them. */
const MOST_INDEX = 15;

/** The numbers beside 0 of a mask that numbers things, rising; none of a mask of shades. */
function numbersIn(data: Uint8Array): number[] {
  const isThere = new Uint8Array(256);
  for (let i = 0; i < data.length; i++) isThere[data[i]!] = 1;
  const numbers = Array.from(isThere.keys()).filter((value) => value > 0 && isThere[value] === 1);
  return numbers.every((value) => value <= MOST_INDEX) ? numbers : [];
}

/** @throws OptionError for a mask of several numbers: which of them to repaint nobody can know. */
function expectShades({ data }: EditMask): void {
  const numbers = numbersIn(data);
  if (numbers.length > 1)
    throw new OptionError(
      "mask",
      "white where to repaint",
      `one that numbers things from 0 to ${numbers.at(-1)}; make those to repaint 255 and the rest 0`,
    );
}

/** True for an opaque picture of black and one colour that is no grey: a class of an index mask, whose luma means nothing. */
function isMarked({ data, channels, alpha }: Planes): boolean {
  let mark: number | undefined;
  for (let i = 0; i < alpha.length; i++) {
    if (alpha[i] !== 255) return false;
    const [r, g, b] = [data[channels * i]!, data[channels * i + 1]!, data[channels * i + 2]!];
    const colour = (r << 16) | (g << 8) | b;
    if (colour === 0 || colour === mark) continue;
    if (mark !== undefined || Math.max(r, g, b) - Math.min(r, g, b) <= NOISE) return false;
    mark = colour;
  }
  return mark !== undefined;
}

function agree(a: EditMask, b: EditMask): boolean {
  return a.data.every((value, i) => Math.abs(value - b.data[i]!) <= NOISE);
}

/** True where the opaque part is of one colour, of black and white alone, or not there: no photograph. */
function isPlain({ data, channels, alpha }: Planes): boolean {
  const low = [255, 255, 255];
  const high = [0, 0, 0];
  let isBlackOrWhite = true;
  let isOneColour = true;
  for (let i = 0; i < alpha.length && (isBlackOrWhite || isOneColour); i++) {
    if (alpha[i]! < OPAQUE) continue;
    let least = 255;
    let most = 0;
    for (let c = 0; c < 3; c++) {
      const value = data[channels * i + c]!;
      least = Math.min(least, value);
      most = Math.max(most, value);
      low[c] = Math.min(low[c]!, value);
      high[c] = Math.max(high[c]!, value);
      if (high[c]! - low[c]! > 2 * NOISE) isOneColour = false;
    }
    if (most > NOISE && least < 255 - NOISE) isBlackOrWhite = false;
  }
  return isBlackOrWhite || isOneColour;
}
