/** What a document's file may say: the editor's state as far as a document holds it, nothing else. */
import { z } from "zod";
import { SIDES } from "../editor/document.ts";

/** Most pixels of a picture that a document may hold. */
const MOST_PIXELS = 100_000_000;

const canvas = z.instanceof(HTMLCanvasElement).refine(({ width, height }) => width * height <= MOST_PIXELS);
const bitmap = z.instanceof(ImageBitmap).refine(({ width, height }) => width * height <= MOST_PIXELS);
const count = z.int().min(0).max(100_000);
const side = z.int().min(1).max(100_000);
const bytes = z.instanceof(Uint8Array<ArrayBuffer>);
const place = z.number().min(-100_000).max(100_000);
const region = z.object({ left: place, top: place, width: side, height: side });
const photoMask = z
  .object({ data: bytes, width: side, height: side, left: place, top: place, scale: z.number().positive().max(1000) })
  .refine(({ data, width, height }) => data.length === width * height);
const pixels = z
  .object({ data: bytes, width: side, height: side })
  .refine(({ data, width, height }) => data.length === 4 * width * height);
/** A photograph, and what was painted into it. */
const photo = z.object({
  file: z.instanceof(Blob),
  width: side,
  height: side,
  patches: z.array(z.object({ region, pixels, mask: photoMask })).max(200),
});
const sheet = z
  .object({
    photo: photo.optional(),
    image: z.union([canvas, bitmap]),
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
  part: z.object({ region, mask: photoMask, zoom: z.number().positive() }).optional(),
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
        seed: z.int().min(0),
        freshSeed: z.boolean(),
        keepsRecords: z.boolean(),
        steps: z.int().min(1).max(1000),
        strength: z.number().min(0).max(1),
        more: z.record(z.string(), z.json()),
      })
      .partial(),
  })
  .refine(({ document: { sheets, at } }) => at < sheets.length);
