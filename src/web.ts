/**
 * FlexVAR in browsers: scale-wise image generation on ONNX Runtime's WebAssembly or WebGPU. In Node see `index.ts`.
 *
 * @module flexvar/web
 * @example
 * import { encodePng, FlexVAR, planarToRgb } from "flexvar";
 * const pipe = await FlexVAR.fromPretrained("/models/emoji/", { device: "wasm", wasmPaths: "/ort/" });
 * for await (const step of pipe.generate({ classLabels: ["animal-face"], seed: 7 })) show(planarToRgb(await step.image()));
 */
export {
  ApiRequestError,
  type ByScale,
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
  type JobSummary,
  type JobsBody,
  type ModelBody,
  type PictureData,
  type QueuedEvent,
  type SamplingFields,
  type StreamEvent,
  type TokenUsage,
  type VariationFields,
} from "./client/index.ts";
export {
  type CompositeOptions,
  type Crop,
  type CropChoice,
  type CropOptions,
  compositePatch,
  cropAround,
  cropOf,
  type EditMask,
  fillHole,
  type Margins,
  type MaskMode,
  marginsForRatio,
  maskBounds,
  maskFromImage,
  parseRatio,
  type WindowPass,
} from "./editing/index.ts";
export { ExpectedError, FileError, OptionError } from "./errors/index.ts";
export {
  contactSheet,
  editedExif,
  editedXmp,
  encodePng,
  type FileExtras,
  type Json,
  type MasterImage,
  type OutputFormat,
  type PixelRect,
  type PlanarBatch,
  type PngText,
  type PngTextLimits,
  planarToRgb,
  type RgbaImage,
  type RgbImage,
  readPngText,
  readSettings,
  rgbToPlanar,
  type SettingsRecord,
  type SheetOptions,
  settingsText,
  withExtras,
  withoutOpaqueAlpha,
} from "./image/index.ts";
export type { TokenizerConfig, TransformerConfig } from "./models/index.ts";
export { FlexVAR, type FromPretrainedOptions, type WebProgress } from "./open-web.ts";
export {
  type DefaultSampling,
  type Drawing,
  type EditTask,
  imagenetLabels,
  type ResolvedSampling,
  type SamplingInput,
} from "./options/index.ts";
export {
  type ClassChoice,
  type ClassScore,
  type CroppedPictures,
  type EditEvent,
  type EditOptions,
  type EditRecord,
  type EditRun,
  type ExpandOptions,
  FlexVARPipeline,
  type GenerateOptions,
  type InpaintOptions,
  type LargeOptions,
  type OpenModel,
  type OutpaintOptions,
  type PictureInfo,
  type PlacedEvent,
  pictureSettings,
  pngOf,
  type RefineOptions,
  type RepeatedEdit,
  type RepeatedRun,
  type ResolvedRun,
  type RunEvent,
  type RunOptions,
  type RunPicture,
  type RunRecord,
  type RunStep,
  requestFrom,
  runSettings,
  runSteps,
  type ScaleEvent,
  type ScaleScore,
  type ScaleTokens,
  type ScoreOptions,
  type ShownEvent,
  shownEvent,
  shownPictures,
  type TaskRun,
} from "./pipelines/index.ts";
export type { ClassMix, ClassPick, ModelConfig } from "./pretrained/index.ts";
export type { Runtime } from "./runtime/index.ts";
export { hasWebGpu, type WebDevice, type WebRuntimeOptions, webDevices, webRuntime } from "./runtime/web.ts";
export type { Grid } from "./sampling/index.ts";
