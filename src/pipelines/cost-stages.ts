/** The stages of every task, from its options and the model's configuration alone: what costs are computed from. */
import { type EditMask, type Level, tiledLevels, type WindowPass } from "../editing/index.ts";
import { downsampling } from "../models/index.ts";
import { pickEditing, type ResolvedSampling, resolveEditing } from "../options/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import { type Grid, gridTokens, isUnguided, type PixelSize, planScales } from "../sampling/index.ts";
import type { Stage } from "./cost.ts";
import { type EditOptions, inpaintPasses, refinePasses, withGuidance } from "./edit.ts";
import { cacheBytes } from "./forward.ts";
import { guessGrids, guessRounds } from "./guess.ts";
import { keptWindows, settledGrids, WINDOW_BATCH } from "./level.ts";
import { CLASSES_AT_ONCE, scoredSize } from "./likelihood.ts";
import { VARIANTS } from "./passes.ts";
import { transformerOf } from "./programs.ts";
import { pickSampling, resolvePlan } from "./resolve.ts";
import { isDrawnWhole, type LargeOptions } from "./tiled.ts";

const FLOAT = 4;
/** Bytes a pixel that the host holds of a picture at work: as bytes, as planes of floats, and both once more while it is changed. */
const EDITED_PIXEL_BYTES = 48;

/** The same where only a part of it is at work: the picture, its mask, a result, and the file that it becomes. */
const CROPPED_PIXEL_BYTES = 16;

/** `total` things, `most` at a time: how many at once, how often. */
function batches(total: number, most: number): { rows: number; times: number }[] {
  const [whole, rest] = [Math.floor(total / most), total % most];
  return [
    { rows: most, times: whole },
    { rows: rest, times: 1 },
  ].filter(({ rows, times }) => rows > 0 && times > 0);
}

const guidedScales = ({ guidanceWeights }: Pick<ResolvedSampling, "guidanceWeights">): number =>
  guidanceWeights.findLastIndex((mix) => !isUnguided(mix)) + 1;

/** Stages of `total` pictures of one plan, `batch` side by side. @param decoded numbers of the scales whose pictures are wanted; the last by default. */
export function generateStages(
  sampling: Pick<ResolvedSampling, "plan" | "guidanceWeights">,
  total: number,
  batch: number,
  decoded?: readonly number[],
): Stage[] {
  return sampleStages(sampling.plan.grids, total, batch, {
    guidedScales: guidedScales(sampling),
    ...(decoded && { decoded }),
  });
}

/** Sampling of `total` rows, `most` side by side, `repeats` over. */
const sampleStages = (
  grids: readonly Grid[],
  total: number,
  most: number,
  rest: Pick<Stage & { kind: "sample" }, "guidedScales" | "decoded">,
  repeats = 1,
): Stage[] =>
  batches(total, most).map(({ rows, times }) => ({ kind: "sample", grids, rows, times: times * repeats, ...rest }));

/** An edit of a picture of `size` pixels. `mask`: what is repainted; undefined for refine, which brings the picture to `to`. */
export interface EditPlan {
  readonly options: Omit<EditOptions, "image">;
  readonly size: PixelSize;
  readonly mask?: EditMask | undefined;
  readonly to?: readonly [width: number, height: number];
}

/** Windows of an edit, in order. */
function passesOf(config: ModelConfig, { options, size, mask, to }: EditPlan): readonly WindowPass[] {
  const model = { config, factor: downsampling(config.tokenizer) };
  const editing = resolveEditing(pickEditing({ ...options }));
  if (mask !== undefined) return inpaintPasses(model, mask, editing);
  const wanted = to ?? [size.width, size.height];
  return refinePasses(model, size, wanted, editing).passes;
}

/** Stages of an edit: the guess of a class, every window's encoding, sampling and decoding, and the ranking of variants. */
export function editStages(config: ModelConfig, plan: EditPlan): Stage[] {
  const { options, size, mask, to } = plan;
  const factor = downsampling(config.tokenizer);
  const editing = resolveEditing(pickEditing({ ...options }));
  const sampled = pickSampling(withGuidance({ config }, options, mask));
  const { classLabels = "auto", batchSize = VARIANTS } = options;
  const labels = typeof classLabels === "string" ? 1 : classLabels.length;
  const canvas = to === undefined ? size : { width: to[0], height: to[1] };
  const passes = passesOf(config, plan).map((pass) => ({
    pass,
    sampling: resolvePlan(config, { ...sampled, size: [pass.work.width, pass.work.height] }),
  }));
  const variants = editing.bestOf ?? passes[0]?.sampling.count ?? 1;
  const held = canvas.width * canvas.height * (editing.crop === "none" ? EDITED_PIXEL_BYTES : CROPPED_PIXEL_BYTES);
  const stages: Stage[] = [{ kind: "hold", bytes: held }];
  if (classLabels === "auto") stages.push(...guessStages(config, canvas, factor));
  for (const { rows, times } of batches(labels * variants, batchSize)) {
    stages.push({ kind: "hold", bytes: (rows * held) / 2 });
    for (const [window, { pass, sampling }] of passes.entries()) {
      const grid: Grid = [pass.work.height / factor, pass.work.width / factor];
      stages.push({ kind: "encode", grid, times: times * (window === 0 ? 1 : rows) });
      stages.push({ kind: "sample", grids: sampling.plan.grids, rows, times, guidedScales: guidedScales(sampling) });
    }
    stages.push({ kind: "hold", bytes: (-rows * held) / 2 });
  }
  // Each variant is scored by itself, under its class.
  if (editing.bestOf !== undefined) stages.push(...scoreStages(config, canvas, factor, 1, labels * variants));
  return stages;
}

function guessStages({ transformer, trainedSide }: ModelConfig, canvas: PixelSize, factor: number): Stage[] {
  const seen = scoredSize(canvas, factor, trainedSide);
  const grids = guessGrids(canvas, factor, trainedSide);
  return [
    { kind: "encode", grid: [seen.height / factor, seen.width / factor], times: 1 },
    ...guessRounds(transformer?.numClasses ?? 0, grids.length).flatMap(({ classes, grids: looked }) =>
      forwardStages(grids.slice(0, looked), classes, CLASSES_AT_ONCE),
    ),
  ];
}

/** Scoring so many pictures, each under so many classes, over all grids. */
export function scoreStages(
  { trainedSide }: Pick<ModelConfig, "trainedSide">,
  canvas: PixelSize,
  factor: number,
  classes: number,
  pictures = 1,
): Stage[] {
  const seen = scoredSize(canvas, factor, trainedSide);
  const { grids } = planScales({ factor, trainedSide, sizePx: seen });
  return [
    { kind: "encode", grid: [seen.height / factor, seen.width / factor], times: pictures },
    ...forwardStages(grids, classes, CLASSES_AT_ONCE, pictures),
  ];
}

/** Forward passes without guidance of `total` rows, `most` side by side, `repeats` over. */
const forwardStages = (grids: readonly Grid[], total: number, most: number, repeats = 1): Stage[] =>
  sampleStages(grids, total, most, { guidedScales: 0, decoded: [] }, repeats);

/** Stages of pictures that are drawn in windows (`generateLarge`), one picture after the other. */
export function tiledStages(config: ModelConfig, options: LargeOptions): Stage[] {
  const factor = downsampling(config.tokenizer);
  const [width, height] = options.size;
  const editing = resolveEditing(pickEditing({ ...options }));
  const drawing = pickSampling(options);
  const window = editing.window ?? config.trainedSide * factor;
  if (isDrawnWhole(options.size, window, editing)) {
    const sampling = resolvePlan(config, { ...drawing, size: [width, height] });
    const total = options.classLabels.length * (editing.bestOf ?? sampling.count);
    const held = width * height * EDITED_PIXEL_BYTES;
    return [{ kind: "hold", bytes: held }, ...generateStages(sampling, total, options.batchSize ?? VARIANTS)];
  }
  const [first, ...finer] = tiledLevels(width, height, { factor, window, padding: editing.padding });
  const sampling = resolvePlan(config, { ...drawing, size: [first!.width, first!.height] });
  const times = options.classLabels.length * (editing.bestOf ?? sampling.count);
  const stages: Stage[] = [...generateStages(sampling, 1, 1).map((stage) => ({ ...stage, times }))];
  for (const level of finer) stages.push(...levelStages(config, level, times));
  if (editing.bestOf !== undefined) stages.push(...scoreStages(config, { width, height }, factor, times));
  return stages;
}

/** Stages of one level, `times` over: windows whose keys and values are kept, and windows that begin anew at every grid. */
function levelStages(config: ModelConfig, level: Level, times: number): Stage[] {
  const transformer = transformerOf(config);
  const factor = downsampling(config.tokenizer);
  const grid: Grid = [level.height / factor, level.width / factor];
  const settled = settledGrids(level, config.trainedSide);
  const grids = [...settled, ...level.scales];
  const across = level.lefts.length;
  const windows = across * level.tops.length;
  const kept = Math.min(windows, keptWindows(transformer, grids));
  // What is held but the picture: logits of the rows of windows that lie over one another, and keys and values.
  const logits = 2 * across * gridTokens(level.side) * transformer.codebookSize * FLOAT;
  const drawing = logits + kept * cacheBytes(transformer, grids.slice(0, -1));
  const picture = level.width * level.height * EDITED_PIXEL_BYTES;
  const passes = (looked: readonly Grid[], share: number): Stage[] =>
    forwardStages(looked, across, WINDOW_BATCH, times * level.tops.length * share);
  return [
    { kind: "hold", bytes: drawing + picture },
    { kind: "encode", grid, times },
    ...(kept > 0 ? passes(grids, kept / windows) : []),
    ...(kept < windows
      ? level.scales.flatMap((_, i) => passes(grids.slice(0, settled.length + i + 1), 1 - kept / windows))
      : []),
    { kind: "hold", bytes: -drawing },
    { kind: "decode", grid, times },
    { kind: "hold", bytes: -picture },
  ];
}
