export { type OptionInfo, type SamplingField, samplingFields, samplingInfo } from "./fields.ts";
export { imagenetLabels } from "./imagenet.ts";
export * from "./sampling.ts";
export { SAMPLING_FIELDS, valueFromText } from "./text.ts";
