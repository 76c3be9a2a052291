import { drawing, rowOf, type SamplingInput } from "../options/index.ts";
import {
  fitGenerate,
  fitTiled,
  largeOptions,
  pictureSettings,
  picturesOf,
  runSettings,
  shownScales,
} from "../pipelines/node.ts";
import { classPicksOf } from "../pretrained/index.ts";
import type { Work } from "./engine.ts";
import { invalid } from "./errors.ts";
import type { Fields } from "./fields.ts";
import type { Limits } from "./limits.ts";
import type { DrawRow } from "./renderer.ts";
import {
  checkPictures,
  firstIndexOf,
  numClasses,
  outputOf,
  resolve,
  type ServedModel,
  samplingInput,
  shownOf,
} from "./request-sampling.ts";

/** Generation fields as work. @throws ApiError, OptionError, RangeError in words. */
export function generationWork(fields: Fields, model: ServedModel, limits: Limits): Work {
  const input = samplingInput(fields, model);
  const resolved = resolve(input, model, limits);
  if (resolved.classLabels.length === 0)
    throw invalid("class_labels", "expected at least one class in class_labels or prompt, got none");
  const picks = classPicksOf(resolved.classLabels, model.config, numClasses(model));
  const total = picks.length * resolved.count;
  checkPictures(total, limits);
  const { seed } = resolved;
  if (fields.large === "windows") return largeWork(fields, input, total, seed, model);
  const shown = shownScales(shownOf(fields), resolved.plan.grids.length);
  const { costs } = model;
  const decoded = [...shown, resolved.plan.grids.length - 1];
  const cost =
    costs && fitGenerate(model.config, costs.model, input, total, costs.budget, { decoded, planned: resolved }).cost;
  const run = runSettings(model.config, { task: "generate", options: input, model: model.hash, resolved }, model);
  const infos = picturesOf(model.config, resolved, picks, firstIndexOf(fields));
  const rows = infos.map((info): DrawRow => ({ info, seed, shown, settings: pictureSettings(run, info) }));
  return { kind: "draw", sampling: drawing(resolved), rows, cost, output: outputOf(fields) };
}

/** Drawing in windows over a coarse picture. */
function largeWork(
  fields: Fields,
  input: SamplingInput,
  total: number,
  seed: number,
  { config, hash, costs }: ServedModel,
): Work {
  const words = { windows: "large windows", steps: rowOf("steps").http, scales: "scales" };
  const options = { ...largeOptions(input, words), firstIndex: firstIndexOf(fields) };
  const cost = costs && fitTiled(config, costs.model, options, costs.budget);
  const edit = { task: "generate-large", options, model: hash } as const;
  return { kind: "edit", edit, total, seed, shown: shownOf(fields), imageTokens: 0, cost, output: outputOf(fields) };
}
