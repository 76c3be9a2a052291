/** A picture file that a request brings. */
import { ImageError, loadMaskPicture, loadRgba, type RgbaImage, waitingPictures } from "../image/node.ts";
import { pictureBytes } from "./base64.ts";
import { ApiError, cancelled, invalid } from "./errors.ts";
import type { Fields } from "./fields.ts";
import type { Limits } from "./limits.ts";

/** Reads the picture of a field. @param signal aborts when the client has left: a picture that waits for its turn is dropped. */
export async function picture(
  fields: Fields,
  name: "image" | "mask",
  limits: Limits,
  signal: AbortSignal | undefined,
): Promise<RgbaImage> {
  const bytes = await pictureBytes(String([fields[name]].flat()[0]));
  if (bytes === undefined)
    throw invalid(name, "expected a picture file in base64, plain or as a data URL (no address), got something else");
  if (waitingPictures() >= Math.max(1, limits.queue))
    throw new ApiError(429, "queue: expected room for a picture to decode, got a full queue; try again later", {
      code: "queue_full",
      retryAfter: 1,
    });
  try {
    const load = name === "mask" ? loadMaskPicture : loadRgba;
    return await load(bytes, { limits: { pixels: limits.pixels, seconds: limits.decodeMs / 1000, signal } });
  } catch (error) {
    if (signal?.aborted) throw cancelled();
    if (!(error instanceof ImageError)) throw error;
    // What a decoder says of damage names its own parts.
    throw invalid(name, `expected ${error.expected}, got ${error.fault === "damage" ? "a broken one" : error.got}`);
  }
}
