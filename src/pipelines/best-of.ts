/** The likeliest of several variants of an edit, by the model itself. */

import { cutView, unionRect } from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import { flattenAlpha, type PixelRect, type RgbaImage } from "../image/index.ts";
import { scoreClasses } from "./likelihood.ts";
import { type EditEvent, type OpenModel, WHITE } from "./model.ts";
import { askedFor, type PictureInfo } from "./pictures.ts";

/** Variants of each class to paint where `count` are kept. @throws OptionError where fewer are asked for than kept. */
export function variantsFor(bestOf: number | undefined, count: number): number {
  if (bestOf !== undefined && bestOf < count)
    throw new OptionError("bestOf", `at least the ${count} pictures of each class to keep`, bestOf);
  return bestOf ?? count;
}

interface Variant {
  readonly picture: PictureInfo;
  readonly image: RgbaImage;
  readonly tokens: Int32Array;
  readonly bits: number;
}

/**
 * Passes a task's events on until all variants are painted, then yields one more, the last: of each class the `keep` likeliest,
 * likeliest first. A variant is encoded anew and scored under its class as `score` does, over the windows that were worked on
 * (all of a small picture).
 */
export async function* likeliest(
  pipe: OpenModel,
  events: AsyncIterable<EditEvent>,
  keep: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<EditEvent> {
  const variants: Variant[] = [];
  let seen: PixelRect | undefined;
  let end: EditEvent | undefined;
  for await (const event of events) {
    seen = seen === undefined ? event.pass.rect : unionRect(seen, event.pass.rect);
    yield { ...event, isLast: false };
    if (!event.isLast) continue;
    end = event;
    const size = event.tokens.length / event.pictures.length;
    for (const [i, image] of (await event.images()).entries()) {
      const picture = event.pictures[i]!;
      const bits = await bitsOf(pipe, image, seen, picture.classId, signal);
      variants.push({ picture, image, bits, tokens: event.tokens.subarray(i * size, (i + 1) * size) });
    }
  }
  if (end === undefined) return;
  const best = [...new Set(variants.map(({ picture }) => askedFor(picture)))].flatMap((asked) =>
    variants
      .filter(({ picture }) => askedFor(picture) === asked)
      .sort((a, b) => a.bits - b.bits)
      .slice(0, keep),
  );
  const tokens = new Int32Array(best.length * best[0]!.tokens.length);
  for (const [i, variant] of best.entries()) tokens.set(variant.tokens, i * variant.tokens.length);
  yield {
    ...end,
    tokens,
    pictures: best.map(({ picture }) => picture),
    bitsPerToken: best.map(({ bits }) => bits),
    first: 0,
    images: async () => best.map(({ image }) => image),
  };
}

async function bitsOf(
  pipe: OpenModel,
  image: RgbaImage,
  part: PixelRect,
  classId: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const nothing = new Uint8Array(image.width * image.height);
  const { picture } = cutView(flattenAlpha(image, WHITE), nothing, part);
  const [score] = await scoreClasses(pipe, { image: picture, classIds: [classId], signal });
  return score!.bitsPerToken;
}
