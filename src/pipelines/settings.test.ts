import { expect, test } from "vitest";
import { encodePng, readSettings, settingsText } from "../image/index.ts";
import { resolveSampling, type SamplingInput, TRAINED_DEFAULTS } from "../options/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { GenerateOptions } from "./resolve.ts";
import { pictureSettings, requestFrom, runSettings } from "./settings.ts";

const config = {
  tokenizer: { patchSize: 1, channelMultipliers: [1, 1, 1] },
  transformer: { codebookSize: 64 },
  trainedSide: 16,
  defaultSampling: TRAINED_DEFAULTS,
} as unknown as ModelConfig;
const model = { factor: 4, trainedSide: 16, vocabSize: 64, defaults: TRAINED_DEFAULTS };
const picture = { classId: 3, label: "dog", indexWithinClass: 2 };

const settingsOf = (options: SamplingInput) => runSettings(config, { task: "generate", options, model: "abc" });

/** Through a PNG and back. */
function recorded(input: SamplingInput) {
  const settings = pictureSettings(settingsOf(input), picture);
  const png = encodePng({ data: new Uint8Array(3), width: 1, height: 1 }, settingsText(settings));
  return requestFrom(readSettings(png)) as { options: GenerateOptions; model: string };
}

test.each<[string, SamplingInput]>([
  ["defaults", {}],
  ["steps and a size", { steps: 8, stepTable: "released", size: "60x34", seed: 9 }],
  ["a rectangle beyond the trained side", { size: [256, 128], guidance: 3, guidanceMode: "constant" }],
  ["scales by hand", { scales: "1,2x3,4x6", size: "24x16" }],
  [
    "every filter",
    { topK: 5, topP: 0.5, minP: "0.1..0.3", temperature: 0.7, greedy: "4,2x3", maxGrid: 12, forbid: [3, 1] },
  ],
])("%s give a request that resolves to the same run", (_, input) => {
  const { options, model: hash } = recorded(input);
  const { firstIndex, ...sampling } = options;
  expect([hash, firstIndex, sampling.classLabels]).toEqual(["abc", 2, [3]]);
  const again = resolveSampling(sampling, model);
  expect({ ...again, classLabels: [] }).toEqual({ ...resolveSampling(input, model), classLabels: [] });
});

test.each<[string, SamplingInput]>([
  ["lists", { guidance: [4, 4, 0], topK: [5, 0], topP: [0.5, 1], temperature: [1, 0.7] }],
  ["from..to", { guidance: "4..1", topP: { from: 0.9, to: 0.5 }, temperature: "1.1..0.7" }],
  ["what goes by grids and entropy", { guidanceUntil: 13, greedy: "6,13+", entropyTemperature: "2.5,3,0.6" }],
])("%s give a request that resolves to the same run", (_, input) => {
  const { firstIndex: _first, ...sampling } = recorded(input).options;
  const again = resolveSampling({ ...sampling, classLabels: [] }, model);
  expect(again).toEqual(resolveSampling(input, model));
});

test("what older settings do not speak of is off, whatever the model's defaults are now", () => {
  const { firstIndex: _, ...sampling } = recorded({}).options;
  const defaults = { ...TRAINED_DEFAULTS, guidanceUntil: 13, entropyTemperature: "paper" };
  const { guidanceWeights, filters } = resolveSampling(sampling, { ...model, defaults });
  expect([guidanceWeights, filters]).toEqual([
    resolveSampling({}, model).guidanceWeights,
    resolveSampling({}, model).filters,
  ]);
  expect(Object.keys(settingsOf({}))).not.toContain("guidance_until");
});

test("a device is recorded where its pictures may be others than the processor's", () => {
  const on = (device: string) => runSettings(config, { task: "generate", options: {}, model: "abc" }, { device });
  expect([on("cpu"), on("wasm")]).toEqual([settingsOf({}), settingsOf({})]);
  expect(on("webgpu")).toEqual({ ...settingsOf({}), device: "webgpu" });
});

test("settings of something else are refused", () => {
  expect(() => requestFrom({})).toThrow(/settings: expected those of a picture that flexvar made/);
});
