/** The Node entry: everything of the platform-neutral one, and the decoding of picture files. */

export {
  type DecodeLimits,
  decodeWithin,
  ImageError,
  type ImageFault,
  MAX_IMAGE_PIXELS,
  waitingPictures,
} from "./decode.ts";
export * from "./index.ts";
export {
  type LoadedImage,
  type LoadOptions,
  loadMaskPicture,
  loadPlanar,
  loadRgb,
  loadRgba,
  type PictureFile,
  type PictureSource,
  pictureBytes,
  pictureHash,
} from "./load.ts";
export {
  encodePhoto,
  inColoursOf,
  loadPhoto,
  losesAsPlain,
  type PhotoOutput,
  photoFacts,
} from "./photo.ts";
