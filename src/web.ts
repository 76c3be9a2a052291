/**
 * FlexVAR in browsers: scale-wise image generation on ONNX Runtime's WebAssembly or WebGPU. In Node see `index.ts`.
 *
 * @example
 * import { encodePng, FlexVAR, planarToRgb } from "flexvar";
 * const pipe = await FlexVAR.fromPretrained("/models/emoji/", { device: "wasm", wasmPaths: "/ort/" });
 * for await (const step of pipe.generate({ classLabels: ["animal-face"], seed: 7 })) show(planarToRgb(await step.image()));
 */

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
export { type EditMask, fillHole, marginsForRatio, maskFromImage, parseRatio } from "./editing/index.ts";
export {
  contactSheet,
  encodePng,
  type PlanarBatch,
  plainest,
  planarToRgb,
  type RgbaImage,
  type RgbImage,
  readPngText,
  readSettings,
  rgbToPlanar,
  type SettingsRecord,
  settingsText,
} from "./image/index.ts";
export { FlexVAR, type FromPretrainedOptions, type WebProgress } from "./open-web.ts";
export { imagenetLabels, OptionError, type SamplingInput } from "./options/index.ts";
export {
  type EditEvent,
  type EditOptions,
  type ExpandOptions,
  editRunSettings,
  FlexVARPipeline,
  type GenerateOptions,
  type InpaintOptions,
  type OutpaintOptions,
  type PictureInfo,
  pictureSettings,
  requestFrom,
  runSettings,
  type ScaleEvent,
  type ScaleTokens,
} from "./pipelines/index.ts";
export type { ModelConfig } from "./pretrained/index.ts";
export type { Runtime } from "./runtime/index.ts";
export { hasWebGpu, type WebDevice, type WebRuntimeOptions, webDevices, webRuntime } from "./runtime/web.ts";
export type { Grid } from "./sampling/index.ts";
