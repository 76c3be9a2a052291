import { createHash } from "node:crypto";
import type { RgbaImage } from "./pixels.ts";

/** How settings name a picture that was edited: 16 hex digits of the SHA-256 of its size and pixels. */
export function pictureHash({ data, width, height }: RgbaImage): string {
  return createHash("sha256").update(`${width}x${height}:`).update(data).digest("hex").slice(0, 16);
}
