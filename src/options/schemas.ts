/** Schemas of option values: texts as users type them and structured values alike. Every `error` says what was expected. */
import { z } from "zod";
import { OptionError } from "../errors/index.ts";
import { MAX_IMAGE_SIDE } from "../image/index.ts";
import { type Grid, MAX_GRID_SIDE, type PerScale, parsePair, parsePerScale, parseScales } from "../sampling/index.ts";
import { LONGEST_CLASS_NAME } from "./class-names.ts";

/** Runs a reader of text inside a schema; what it throws becomes the issue. */
function readable<T>(read: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      context.addIssue({ code: "custom", message: error.expected, params: { got: error.got } });
      return z.NEVER;
    }
  });
}

function parseSize(text: string): [width: number, height: number] {
  const pair = parsePair(text);
  if (!pair) throw new OptionError("size", "a size such as 256 or 512x256 (width x height, pixels)", `"${text}"`);
  return pair;
}

function parseUntil(text: string): number | "none" {
  const trimmed = text.trim();
  if (trimmed === "none") return trimmed;
  if (!/^\d{1,9}$/.test(trimmed))
    throw new OptionError("guidanceUntil", "none or a grid's side such as 13", `"${text}"`);
  return Number(trimmed);
}

/** A whole number in a range, refused in words; JSON Schema learns the range too. */
export const whole = (low: number, high: number) =>
  z
    .number({ error: "a number" })
    .refine((n) => Number.isInteger(n) && n >= low && n <= high, { error: `a whole number from ${low} to ${high}` })
    .meta({ type: "integer", minimum: low, maximum: high });

/** A number in a range, `open`: above its low end. */
export const real = (low: number, high: number, open = false) =>
  z
    .number({ error: "a number" })
    .refine((n) => (open ? n > low : n >= low) && n <= high, {
      error: `a number ${open ? "above" : "from"} ${low} ${open ? "and at most" : "to"} ${high}`,
    })
    .meta({ [open ? "exclusiveMinimum" : "minimum"]: low, maximum: high });

/** One of several words. */
export const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: values.join(" or ") });

const BY_SCALE = "a number, a list by scale such as [4, 4, 2] or 4,4,2, or from..to such as 0.9..0.7";

/**
 * A number for every scale: one, a list, `{from, to}`, or a text for the last two.
 * @param off whether 0 switches the option off; it then has no place between two ends.
 */
export const perScale = (one: z.ZodType<number, number>, off = false): z.ZodType<PerScale, PerScale | string> => {
  const list = z.array(one).min(1).max(64);
  const ends = z.strictObject({ from: one, to: one }, { error: BY_SCALE });
  const range = !off
    ? ends
    : ends.refine(({ from, to }) => from > 0 && to > 0, { error: "from and to above 0 (0 is off)" });
  const read = readable(parsePerScale).pipe(z.union([list, range]));
  return z.union([one, list, range, read], { error: BY_SCALE });
};

const gridSide = whole(1, MAX_GRID_SIDE);
const GRID = "a grid such as 4 or [4, 6] (rows, columns)";
const grid = z.union(
  [
    gridSide.transform((n): Grid => [n, n]),
    z.tuple([gridSide, gridSide], { error: GRID }).transform(([h, w]): Grid => [h, w]),
  ],
  { error: GRID },
);
const pixelSide = whole(1, MAX_IMAGE_SIDE);
const SIZE = "a size such as 256 or 512x256 (width x height, pixels)";
const sizePair = z.tuple([pixelSide, pixelSide], { error: SIZE });
export const size = z.union(
  [pixelSide.transform((n): [number, number] => [n, n]), sizePair, readable(parseSize).pipe(sizePair)],
  { error: SIZE },
);

export const scales = z.union([z.array(grid).min(1).max(64), readable(parseScales)], {
  error: "a list of grids such as 1,2,4x6",
});
export const guidanceUntil = z.union([gridSide, readable(parseUntil).pipe(z.union([gridSide, z.literal("none")]))], {
  error: "none or a grid's side such as 13",
});

/** A name in quotes, all of whose characters are doubled ones. */
const LONGEST_CLASS_TEXT = 2 * LONGEST_CLASS_NAME + 2;
export const classLabels = z.array(
  z.union([whole(0, 2 ** 31), z.string().min(1).max(LONGEST_CLASS_TEXT)], { error: "a class id or name" }),
  { error: "a list of class ids or names" },
);

/** A text that a reader accepts, trimmed. */
export const readableText = (read: (text: string) => unknown) =>
  readable((text) => {
    read(text);
    return text.trim();
  });
