/**
 * FlexVAR in TypeScript: scale-wise image generation on ONNX Runtime. The Node entry; browsers get `web.ts`.
 *
 * @example
 * import { FlexVAR } from "flexvar";
 * const pipe = await FlexVAR.fromPretrained("models/emoji");
 * for await (const step of pipe.generate({ classLabels: ["animal-face"], seed: 7 })) console.log(step.index, step.grid);
 */
export { readNpz } from "./checkpoint/index.ts";
export {
  ApiRequestError,
  type ClientOptions,
  createClient,
  type EditFields,
  type FlexVARClient,
  type GenerationFields,
  type ImageEvent,
  type ImagesResponse,
  type JobBody,
  type ModelBody,
} from "./client/index.ts";
export {
  type EditMask,
  fillHole,
  marginsForRatio,
  maskFromImage,
  parseRatio,
  resizeRgb,
  seamJump,
} from "./editing/index.ts";
export {
  type DoubleProduct,
  doubleProducts,
  frechetDistance,
  type Moments,
  momentsOf,
  psnr,
} from "./evaluate/index.ts";
export {
  areaMatrix,
  contactSheet,
  encodePng,
  ImageError,
  loadPlanar,
  loadRgb,
  loadRgba,
  type PlanarBatch,
  planarToRgb,
  type RgbaImage,
  type RgbImage,
  readPngText,
  readSettings,
  resizeSeparable,
  rgbToPlanar,
} from "./image/node.ts";
export { type FeatureSource, openFeatures } from "./judge/index.ts";
export { FlexVAR, type FromPretrainedOptions } from "./open.ts";
export { imagenetLabels, OptionError, type SamplingInput } from "./options/index.ts";
export {
  type EditEvent,
  type EditOptions,
  type ExpandOptions,
  FlexVARPipeline,
  type GenerateOptions,
  type InpaintOptions,
  type OutpaintOptions,
  type PictureInfo,
  type ScaleEvent,
  type ScaleTokens,
} from "./pipelines/index.ts";
export {
  exportModel,
  type ImportRequest,
  type ImportSummary,
  importModel,
  type ModelConfig,
  storeHalf,
} from "./pretrained/node.ts";
export {
  defaultSizes,
  type FilteredRow,
  type FilterOptions,
  type Grid,
  imageStream,
  type Random,
  RowSampler,
  raceTime,
} from "./sampling/index.ts";
export {
  createServerApp,
  type JobQueue,
  type Limits,
  listen,
  localMaker,
  memoryQueue,
  type PictureMaker,
  type ServerApp,
  type ServerOptions,
} from "./server/index.ts";
