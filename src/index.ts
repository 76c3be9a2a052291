/**
 * FlexVAR in TypeScript: scale-wise image generation on ONNX Runtime. The Node entry; browsers get `web.ts`.
 *
 * @module flexvar
 * @example
 * import { FlexVAR } from "flexvar";
 * const pipe = await FlexVAR.fromPretrained("models/emoji");
 * for await (const step of pipe.generate({ classLabels: ["animal-face"], seed: 7 })) console.log(step.index, step.grid);
 */
export { type NpyArray, readNpz } from "./checkpoint/index.ts";
export {
  ApiRequestError,
  type ClientOptions,
  createClient,
  type EditFields,
  type ErrorBody,
  type FlexVARClient,
  type GenerationFields,
  type ImageEvent,
  type ImagesResponse,
  type JobBody,
  type JobStatus,
  type ModelBody,
  type PictureData,
  type QueuedEvent,
  type SamplingFields,
  type StreamEvent,
} from "./client/index.ts";
export {
  type EditMask,
  fillHole,
  type Margins,
  type MaskMode,
  marginsForRatio,
  maskFromImage,
  parseRatio,
  resizeRgb,
  seamJump,
  type WindowPass,
} from "./editing/index.ts";
export {
  bootstrapInterval,
  type ClassGroup,
  type DetailRows,
  type DoubleProduct,
  doubleProducts,
  type FeatureRows,
  frechetDistance,
  type Interval,
  type Moments,
  momentsOf,
  type PictureBytes,
  type PlacedMoments,
  type PlacedRows,
  type PlacedSum,
  placedDistance,
  psnr,
  sumPlaced,
} from "./evaluate/index.ts";
export {
  areaMatrix,
  contactSheet,
  encodePng,
  ImageError,
  type Json,
  type LoadedImage,
  type LoadOptions,
  loadPlanar,
  loadRgb,
  loadRgba,
  MAX_IMAGE_PIXELS,
  MAX_IMAGE_SIDE,
  type PixelRect,
  type PlanarBatch,
  type PngText,
  type PngTextLimits,
  planarToRgb,
  type ResizeMatrix,
  type RgbaImage,
  type RgbImage,
  readPngText,
  readSettings,
  resizeSeparable,
  rgbToPlanar,
  type SheetOptions,
} from "./image/node.ts";
export {
  drawSurest,
  type FeatureSource,
  type InceptionOptions,
  openFeatures,
  type SurePicture,
  type SurestOptions,
} from "./judge/index.ts";
export type { TokenizerConfig, TransformerConfig } from "./models/index.ts";
export { FlexVAR, type FromPretrainedOptions } from "./open.ts";
export { imagenetLabels, OptionError, type ResolvedSampling, type SamplingInput } from "./options/index.ts";
export {
  type ClassChoice,
  type ClassScore,
  type EditEvent,
  type EditOptions,
  type EditTask,
  type ExpandOptions,
  FlexVARPipeline,
  type GenerateOptions,
  type InpaintOptions,
  type LargeOptions,
  type OutpaintOptions,
  type PictureInfo,
  type RefineOptions,
  type ScaleEvent,
  type ScaleScore,
  type ScaleTokens,
  type ScoreOptions,
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
  type EntropyTemperature,
  type FilteredRow,
  type FilterOptions,
  type Grid,
  imageStream,
  type PerScale,
  type Random,
  type RandomState,
  RowSampler,
  raceTime,
  type ScalePlan,
  type StepTable,
} from "./sampling/index.ts";
export {
  type Claim,
  createServerApp,
  type DrawBatch,
  type DrawRow,
  type EditWork,
  type JobQueue,
  type Limits,
  type Listening,
  listen,
  localMaker,
  type MadeScale,
  memoryQueue,
  type PictureMaker,
  type QueuedJob,
  type ServedModel,
  type ServerApp,
  type ServerOptions,
} from "./server/index.ts";
