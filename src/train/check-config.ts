/** What a config asks for late in a run, checked before its first step. */
import { ExpectedError, OptionError } from "../errors/index.ts";
import { downsampling } from "../models/index.ts";
import { resolveSampling } from "../options/index.ts";
import { checkScores } from "../pipelines/index.ts";
import { classIdsOf, expectOpenable, type ModelConfig } from "../pretrained/index.ts";
import { createRandom } from "../sampling/index.ts";
import { drawTrainingScales } from "./scale-draw.ts";
import type { TransformerTraining } from "./transformer-config.ts";

/**
 * Checks that a transformer's evaluations can draw their samples, that its schedules can be drawn, and that the model folder
 * it will leave can be opened.
 * @throws Error `config: key: expected …`
 */
export function checkTransformerConfig(
  { samples, schedules }: Pick<TransformerTraining, "samples" | "schedules">,
  model: ModelConfig,
): void {
  expectOpenable(model, "the model folder that training would leave");
  const { trainedSide, tokenizer, transformer, id2label, defaultSampling } = model;
  if (transformer === null) return;
  named("samples", () => {
    const { perClass, guidance, topK, topP, seed } = samples;
    const { plan } = resolveSampling(
      { count: Math.max(1, perClass), guidance, topK, topP, seed },
      {
        factor: downsampling(tokenizer),
        trainedSide,
        vocabSize: tokenizer.codebookSize,
        defaults: defaultSampling,
      },
    );
    checkScores(plan, transformer.heads);
    classIdsOf(samples.classes, { id2label }, transformer.numClasses);
  });
  if (schedules.tableShare === 1) return;
  const drawn = { ...schedules, tableShare: 0 };
  named("schedules", () => drawTrainingScales(createRandom(0, "check"), 1, 1, trainedSide, drawn));
}

/** Keys of the config by the names that the checks have for them. */
const KEYS: Readonly<Record<string, string>> = {
  classLabels: "classes",
  count: "perClass",
  paperSchedule: "maxTokens",
  drawSchedule: "rule",
};

/** Runs a check of a part of a config; what it throws names the part's key. */
function named(part: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const { parameter, words } = error;
    throw new ExpectedError(`config: ${part}.${KEYS[parameter] ?? parameter}: ${words}`, { cause: error });
  }
}
