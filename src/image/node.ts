/** The Node entry: everything of the platform-neutral one, and the decoding of picture files. */

export {
  type DecodeLimits,
  decodeWithin,
  ImageError,
  type ImageFault,
  MAX_IMAGE_PIXELS,
  waitingPictures,
} from "./decode.ts";
export { pictureHash } from "./hash.ts";
export * from "./index.ts";
export { type LoadedImage, type LoadOptions, loadPlanar, loadRgb, loadRgba } from "./load.ts";
export { loadMaskPicture } from "./load-mask.ts";
