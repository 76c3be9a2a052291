import { z } from "zod";
import { MAX_IMAGE_SIDE } from "../image/index.ts";
import {
  type Grid,
  GUIDANCE_MODES,
  MAX_GRID_SIDE,
  type PerScale,
  parseEntropyTemperature,
  parseGreedy,
  parsePair,
  parsePerScale,
  parseScales,
  STEP_TABLES,
} from "../sampling/index.ts";
import { LONGEST_CLASS_NAME } from "./class-names.ts";
import { LONGEST_STYLE } from "./style.ts";
import { expected, shown } from "./words.ts";

/** What other surfaces need to know of an option beside its type and meaning. */
export interface OptionInfo {
  /** Short title for forms. */
  readonly title: string;
  /** Meaning, range and default, in one or two sentences. */
  readonly description: string;
  /** Flag on the command line, without the dashes. */
  readonly flag: string;
  /** Placeholder of the flag's value in help texts. */
  readonly metavar: string;
  /** Field in HTTP requests. */
  readonly http: string;
  /** How the flag's text becomes a value: `number`, a number for every scale, a list of numbers, a list of names, or the text as it is. */
  readonly text: "number" | "per scale" | "numbers" | "names" | "text";
  /** True for options that a form folds away. */
  readonly advanced: boolean;
}

/** A name in quotes, all of whose characters are doubled ones. */
const LONGEST_CLASS_TEXT = 2 * LONGEST_CLASS_NAME + 2;

/** Runs a reader of text inside a schema; what it throws becomes the issue's message, without the leading name. */
function readable<T>(read: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: "custom", message: message.replace(/^[a-zA-Z]+: /, "") });
      return z.NEVER;
    }
  });
}

function parseSize(text: string): [width: number, height: number] {
  const pair = parsePair(text);
  if (!pair) throw new RangeError(`expected a size such as 256 or 512x256 (width x height, pixels), got "${text}"`);
  return pair;
}

function parseUntil(text: string): number | "none" {
  const trimmed = text.trim();
  if (trimmed === "none") return trimmed;
  if (!/^\d{1,9}$/.test(trimmed)) throw new RangeError(`expected none or a grid's side such as 13, got "${text}"`);
  return Number(trimmed);
}

/** A whole number in a range, refused in words; JSON Schema learns the range too. */
export const whole = (low: number, high: number) =>
  z
    .number({ error: expected("a number") })
    .refine((n) => Number.isInteger(n) && n >= low && n <= high, {
      error: ({ input }) => `expected a whole number from ${low} to ${high}, got ${input}`,
    })
    .meta({ type: "integer", minimum: low, maximum: high });

/** A number in a range, `open`: above its low end. */
export const real = (low: number, high: number, open = false) =>
  z
    .number({ error: expected("a number") })
    .refine((n) => (open ? n > low : n >= low) && n <= high, {
      error: ({ input }) =>
        `expected a number ${open ? "above" : "from"} ${low} ${open ? "and at most" : "to"} ${high}, got ${input}`,
    })
    .meta({ [open ? "exclusiveMinimum" : "minimum"]: low, maximum: high });

/** One of several words. */
export const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: expected(values.join(" or ")) });

const BY_SCALE = "a number, a list by scale such as [4, 4, 2] or 4,4,2, or from..to such as 0.9..0.7";

/**
 * A number for every scale: one, a list, `{from, to}`, or a text for the last two.
 * @param off whether 0 switches the option off; it then has no place between two ends.
 */
const perScale = (one: z.ZodType<number, number>, off = false): z.ZodType<PerScale, PerScale | string> => {
  const list = z.array(one).min(1).max(64);
  const ends = z.strictObject({ from: one, to: one }, { error: expected(BY_SCALE) });
  const range = !off
    ? ends
    : ends.refine(({ from, to }) => from > 0 && to > 0, {
        error: ({ input }) => `expected from and to above 0 (0 is off), got ${shown(input)}`,
      });
  const read = readable(parsePerScale).pipe(z.union([list, range]));
  return z.union([one, list, range, read], { error: expected(BY_SCALE) });
};

const gridSide = whole(1, MAX_GRID_SIDE);
const GRID = "a grid such as 4 or [4, 6] (rows, columns)";
const grid = z.union(
  [
    gridSide.transform((n): Grid => [n, n]),
    z.tuple([gridSide, gridSide], { error: expected(GRID) }).transform(([h, w]): Grid => [h, w]),
  ],
  { error: expected(GRID) },
);
const pixelSide = whole(1, MAX_IMAGE_SIDE);
const SIZE = "a size such as 256 or 512x256 (width x height, pixels)";
const sizePair = z.tuple([pixelSide, pixelSide], { error: expected(SIZE) });
const size = z.union(
  [pixelSide.transform((n): [number, number] => [n, n]), sizePair, readable(parseSize).pipe(sizePair)],
  { error: expected(SIZE) },
);

/**
 * The schema of every sampling option, none required. Texts as users type them and structured values are both accepted: scales
 * `"1,2,4x6"` or `[1, 2, [4, 6]]`, size `"512x256"`, `256` or `[512, 256]` (width, height).
 */
export const samplingFields = {
  classLabels: z.array(
    z.union([whole(0, 2 ** 31), z.string().min(1).max(LONGEST_CLASS_TEXT)], { error: expected("a class id or name") }),
    { error: expected("a list of class ids or names") },
  ),
  style: z.string().min(1).max(LONGEST_STYLE),
  count: whole(1, 1_000_000),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  size,
  steps: whole(1, 64),
  stepTable: choice(STEP_TABLES),
  scales: z.union([z.array(grid).min(1).max(64), readable(parseScales)], {
    error: expected("a list of grids such as 1,2,4x6"),
  }),
  guidance: perScale(real(0, 100)),
  guidanceMode: choice(GUIDANCE_MODES),
  guidanceUntil: z.union([gridSide, readable(parseUntil).pipe(z.union([gridSide, z.literal("none")]))], {
    error: expected("none or a grid's side such as 13"),
  }),
  topK: perScale(whole(0, 2 ** 31), true),
  topP: perScale(real(0, 1), true),
  temperature: perScale(real(0, 100, true)),
  entropyTemperature: readable((text) => {
    parseEntropyTemperature(text);
    return text.trim();
  }),
  greedy: readable((text) => {
    parseGreedy(text);
    return text.trim();
  }),
  maxGrid: whole(1, MAX_GRID_SIDE),
  forbid: z.array(whole(0, 2 ** 31)).max(1_000_000),
} as const;

export type SamplingField = keyof typeof samplingFields;

function info(
  title: string,
  description: string,
  names: readonly [flag: string, metavar: string, http: string],
  text: OptionInfo["text"],
  advanced = false,
): OptionInfo {
  return { title, description, flag: names[0], metavar: names[1], http: names[2], text, advanced };
}

/** Titles, meanings and names of every sampling option: the source of flags, HTTP fields, forms and help. */
export const samplingInfo: Readonly<Record<SamplingField, OptionInfo>> = {
  classLabels: info(
    "Classes",
    'Class names or ids, names of groups (each picture draws a member), or mixes (cat face:0.6,tiger face:0.4), in the order in which their pictures are drawn. A name wins over an id; "3" in quotes is a name, #3 an id.',
    ["class", "ID,NAME,…", "class_labels"],
    "names",
  ),
  style: info(
    "Style",
    "Style that the model was told in training, by name (`flexvar classes` lists them), mixed as in noto:0.6,fluent:0.4, or none.",
    ["style", "NAME|none", "style"],
    "text",
  ),
  count: info("Count", "Pictures per class; 1 unless told.", ["count", "N", "n"], "number"),
  seed: info(
    "Seed",
    "Whole number that fixes every picture; each picture has a stream of its own from seed, class and number. 0 unless told.",
    ["seed", "N", "seed"],
    "number",
  ),
  size: info(
    "Size",
    "Picture size in pixels, N or WxH; the trained square unless told. Any size: what the model's factor does not divide is drawn larger and cropped.",
    ["size", "N|WxH", "size"],
    "text",
  ),
  steps: info(
    "Steps",
    "Number of scales, by the published tables; excludes a list of scales. 10 up to the trained size unless told.",
    ["steps", "N", "num_inference_steps"],
    "number",
  ),
  stepTable: info(
    "Step table",
    "Which published list 8 steps use: the paper's or the released script's.",
    ["step-table", "paper|released", "step_table"],
    "text",
    true,
  ),
  scales: info(
    "Scales",
    "The grids themselves, coarse to fine: n for a square, HxW (rows x columns) for any other, as in 1,2,4x6.",
    ["scales", "LIST", "scales"],
    "text",
    true,
  ),
  guidance: info(
    "Guidance",
    "Guidance scale: how strongly pictures follow their class. 2.5 suits ramp, 4 suits constant. One number, a list by scale (4,4,2) or from..to.",
    ["guidance", "G", "guidance_scale"],
    "per scale",
  ),
  guidanceMode: info(
    "Guidance mode",
    "ramp grows with the scales (published numbers); constant is the same at all (the authors' demo).",
    ["guidance-mode", "ramp|constant", "guidance_mode"],
    "text",
    true,
  ),
  guidanceUntil: info(
    "Guidance until",
    "Grid from whose side on guidance is off, or none; a scale after the last guided one computes half the rows.",
    ["guidance-until", "GRID|none", "guidance_until"],
    "text",
    true,
  ),
  topK: info(
    "Top k",
    "Draws among the k likeliest tokens; 0 or at least the codebook's size: off. One number, a list by scale or from..to.",
    ["top-k", "K", "top_k"],
    "per scale",
  ),
  topP: info(
    "Top p",
    "Draws among the likeliest tokens that hold this share of the probability; 0 or 1: off. One number, a list by scale or from..to.",
    ["top-p", "P", "top_p"],
    "per scale",
  ),
  temperature: info(
    "Temperature",
    "Divides the logits; below 1 is safer, above 1 more varied. One number, a list by scale or from..to (0.9..0.7).",
    ["temperature", "T", "temperature"],
    "per scale",
  ),
  entropyTemperature: info(
    "Temperature by entropy",
    "Multiplies each token's temperature by SCALE*exp(-H/DECAY)+FLOOR, H its entropy in nats: paper (2.5,3,0.6), three numbers, or none.",
    ["entropy-temperature", "none|paper|SCALE,DECAY,FLOOR", "entropy_temperature"],
    "text",
    true,
  ),
  greedy: info(
    "Greedy scales",
    "Scales that take the likeliest token: released (the authors' hidden rule; trained side 16 only), none, or a list of grids such as 16,23, 4x6 or 13+ (13 and all above).",
    ["greedy", "released|none|LIST", "greedy"],
    "text",
    true,
  ),
  maxGrid: info(
    "Largest grid",
    "Side that the guidance ramp and the released greedy rule compare grids with; the trained side unless told.",
    ["max-grid", "N", "max_grid"],
    "number",
    true,
  ),
  forbid: info("Forbidden codes", "Code ids that are never drawn.", ["forbid", "IDS", "forbid"], "numbers", true),
};
