export * from "./class-names.ts";
export * from "./editing.ts";
export { type OptionInfo, type SamplingField, samplingFields, samplingInfo, whole } from "./fields.ts";
export { imagenetLabels } from "./imagenet.ts";
export {
  type DefaultSampling,
  type Drawing,
  drawing,
  IMPORTED_DEFAULTS,
  parseSampling,
  type ResolvedSampling,
  readDefaultSampling,
  resolveSampling,
  type SamplingInput,
  type SamplingModel,
  type SamplingOptions,
  samplingSchema,
  TRAINED_DEFAULTS,
  writeDefaultSampling,
} from "./sampling.ts";
export { camelCase, flagName, httpName } from "./spelling.ts";
export { SAMPLING_FIELDS, valueFromText } from "./text.ts";
export { expected, explain, issueWords, shown } from "./words.ts";
