/** What a document's file may say: the editor's state as far as a document holds it, nothing else. */
import { z } from "zod";
import { SIDES } from "../editor/document.ts";

/** Most pixels of a picture that a document may hold. */
const MOST_PIXELS = 100_000_000;

const canvas = z.instanceof(HTMLCanvasElement).refine(({ width, height }) => width * height <= MOST_PIXELS);
const count = z.int().min(0).max(100_000);
const sheet = z
  .object({
    image: canvas,
    mask: canvas,
    margins: z.object(
      Object.fromEntries(SIDES.map((side) => [side, count])) as Record<(typeof SIDES)[number], typeof count>,
    ),
  })
  .refine(
    ({ image, mask, margins: { left, right, top, bottom } }) =>
      mask.width === image.width + left + right && mask.height === image.height + top + bottom,
  );

const result = z.object({
  made: z.enum(["inpaint", "outpaint", "inpaint and outpaint", "refine"]),
  status: z.literal("done"),
  done: z.number(),
  pictures: z
    .array(z.object({ number: count, image: z.instanceof(Blob), settings: z.record(z.string(), z.json()).optional() }))
    .max(64),
  picked: count,
  classId: count.optional(),
  seed: z.int().min(0),
  again: z.undefined().transform(() => () => {}),
});

export const contentSchema = z
  .object({
    document: z.object({
      sheets: z.array(sheet).min(1).max(200),
      at: count,
      classId: count.optional(),
      result: result.optional(),
      aside: z.object({ sheet, result }).optional(),
    }),
    form: z
      .object({
        tool: z.enum(["brush", "eraser", "rect", "lasso"]),
        brushIn: z.enum(["screen", "picture"]),
        brush: z.number().min(1).max(4096),
        softness: z.number().min(0).max(64),
        guidance: z.number().min(0).max(100),
        count: z.int().min(1).max(8),
      })
      .partial(),
  })
  .refine(({ document: { sheets, at } }) => at < sheets.length);
