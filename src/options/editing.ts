/** The options of the image-to-image tasks beside those of sampling: one schema for the library, commands, HTTP and forms. */

import { z } from "zod";
import { FILLS } from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import { choice, type OptionInfo, real, whole } from "./fields.ts";
import { parsed } from "./sampling.ts";
import { expected } from "./words.ts";

/** Every editing option, each with its range. */
export const editingFields = {
  strength: real(0, 1),
  window: whole(1, 4096),
  padding: whole(0, 4096),
  whole: z.boolean({ error: expected("true or false") }),
  fill: choice(FILLS),
  widen: whole(0, 16),
  keptShare: real(0, 1, true),
  hint: real(0, 16),
  seam: whole(0, 256),
  bestOf: whole(1, 256),
} as const;

export type EditingField = keyof typeof editingFields;
export const EDITING_FIELDS = Object.keys(editingFields) as readonly EditingField[];

const info = (
  title: string,
  description: string,
  names: readonly [flag: string, metavar: string, http: string],
  text: OptionInfo["text"] | "flag",
  advanced = true,
): EditingInfo => ({ title, description, flag: names[0], metavar: names[1], http: names[2], text, advanced });

/** As for sampling options; `flag`: true where it is given, without a value. */
export type EditingInfo = Omit<OptionInfo, "text"> & { readonly text: OptionInfo["text"] | "flag" };

/** Titles, meanings and names of every editing option. */
export const editingInfo: Readonly<Record<EditingField, EditingInfo>> = {
  strength: info(
    "Strength",
    "Share of the scales, the finest, that are painted anew, 0 to 1; the others keep the picture's tokens. For refine 0 unless told, and grids up to the picture's own size are always kept; for a hole 1: below 1 what is under the mask shows through.",
    ["strength", "S", "strength"],
    "number",
    false,
  ),
  window: info(
    "Window",
    "Side in pixels of the part around a hole that the model sees, on pictures larger than that; the trained size unless told.",
    ["window", "PIXELS", "window"],
    "number",
  ),
  padding: info(
    "Padding",
    "Kept pixels that a window shows around its hole at least; a quarter of the window unless told.",
    ["padding", "PIXELS", "padding"],
    "number",
  ),
  whole: info("Whole picture", "One window for the whole picture, whatever its size.", ["whole", "", "whole"], "flag"),
  fill: info(
    "Fill",
    "What the hole holds while the picture is encoded, from kept pixels alone: their mean, the nearest (unless told), or a smooth diffusion.",
    ["fill", "mean|nearest|diffusion", "fill"],
    "text",
  ),
  widen: info(
    "Widen",
    "Tokens of the finest grid around the hole that are drawn anew too; their pixels stay as they are. 1 unless told.",
    ["widen", "TOKENS", "widen"],
    "number",
  ),
  keptShare: info(
    "Kept share",
    "A token is taken from the picture where at least this share of its cell is kept, above 0 to 1; 0.5 unless told.",
    ["kept-share", "SHARE", "kept_share"],
    "number",
  ),
  hint: info(
    "Hint",
    "Where more than half is kept, grids of up to this many cells per width of the hole take their tokens from the filled picture; 1.6 unless told.",
    ["hint", "CELLS", "hint"],
    "number",
  ),
  seam: info(
    "Seam",
    "Pixels inside the hole over which its edge is evened out; 0: none; two tokens wide unless told.",
    ["seam", "PIXELS", "seam"],
    "number",
  ),
  bestOf: info(
    "Best of",
    "Paints this many variants of each class and keeps as many as asked for: the likeliest by the model's own score, likeliest first.",
    ["best-of", "N", "best_of"],
    "number",
    false,
  ),
};

/** Every editing option, each optional; unknown keys are refused. */
export const editingSchema = z.strictObject(
  Object.fromEntries(
    EDITING_FIELDS.map((key) => {
      const { title, description } = editingInfo[key];
      return [key, editingFields[key].optional().meta({ title, description })];
    }),
  ) as { [K in EditingField]: z.ZodOptional<(typeof editingFields)[K]> },
);

/** Editing options as users give them. */
export type EditingInput = z.input<typeof editingSchema>;

/** Editing options decided; `strength`, `window`, `padding` and `seam` undefined where the task or model decides, `bestOf` where nothing is ranked. */
export interface ResolvedEditing {
  readonly strength: number | undefined;
  readonly window: number | undefined;
  readonly padding: number | undefined;
  readonly whole: boolean;
  readonly fill: (typeof FILLS)[number];
  readonly widen: number;
  readonly keptShare: number;
  readonly hint: number;
  readonly seam: number | undefined;
  readonly bestOf: number | undefined;
}

/** Validates editing options and fills in what does not depend on a model. @throws OptionError naming the first wrong one. */
export function resolveEditing(input: EditingInput): ResolvedEditing {
  const given = parsed(editingSchema, input, EDITING_FIELDS);
  const { strength, window, padding, seam, bestOf } = given;
  if (window !== undefined && padding !== undefined && 2 * padding >= window)
    throw new OptionError("padding", `less than half the window of ${window}`, padding);
  return {
    strength,
    window,
    padding,
    seam,
    bestOf,
    whole: given.whole ?? false,
    fill: given.fill ?? "nearest",
    widen: given.widen ?? 1,
    keptShare: given.keptShare ?? 0.5,
    hint: given.hint ?? 1.6,
  };
}

/** The editing options among others. */
export function pickEditing(options: Readonly<Record<string, unknown>>): EditingInput {
  return Object.fromEntries(EDITING_FIELDS.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])));
}
