/** How likely a picture is under a class, by the model's own prediction of its tokens at every scale. */
import { fillHole, keptCells, poolKept, resizeRgb, type View } from "../editing/index.ts";
import { axisMatrix, type RgbImage, resizeSeparable } from "../image/index.ts";
import { type Grid, type PixelSize, planScales } from "../sampling/index.ts";
import { encodeOne, givenTokens } from "./forced.ts";
import { openRun, repeated } from "./forward.ts";
import type { OpenModel } from "./model.ts";

/** One scale of a picture under one class. */
export interface ScaleScore {
  readonly grid: Grid;
  /** Code ids [h·w]. */
  readonly tokens: Int32Array;
  /** Natural logarithm of every token's probability [h, w], given the class and all coarser scales; no filter, no guidance. */
  readonly logProbs: Float32Array;
  /** Row-major [h, w]: 1 where the token counts; all do unless a hole is left out. */
  readonly counted: Uint8Array;
}

/** A picture's score under one class. */
export interface ClassScore {
  readonly classId: number;
  readonly label: string | undefined;
  /** Sum of the logarithms over all counted tokens. */
  readonly logLikelihood: number;
  /** The same per counted token, in bits, negated: the lower the likelier. */
  readonly bitsPerToken: number;
  readonly scales: readonly ScaleScore[];
}

export interface ScoreOptions {
  /** The picture; brought to the nearest size that the model can see (see `scoredSize`). */
  readonly image: RgbImage;
  /** Class ids; "no class" is the id after the last. */
  readonly classIds: readonly number[];
  /** Grids; the default plan for the picture's size by default. */
  readonly grids?: readonly Grid[] | undefined;
  /** [H, W] of the picture: 1 is left out; not read, filled from what is kept. */
  readonly hole?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A token counts where at least this share of its cell is kept. */
const KEPT_SHARE = 0.5;

/** Classes side by side. */
export const CLASSES_AT_ONCE = 16;

/**
 * The size at which a picture is scored: its own up to the trained area, else reduced to that area, its ratio kept; rounded to
 * multiples of the factor.
 */
export function scoredSize({ width, height }: PixelSize, factor: number, trainedSide: number): PixelSize {
  const side = trainedSide * factor;
  const reduce = Math.min(1, side / Math.sqrt(width * height));
  const near = (pixels: number): number => Math.max(1, Math.round((pixels * reduce) / factor)) * factor;
  return { width: near(width), height: near(height) };
}

/** Scores a picture under several classes: its tokens are found once, and classes run side by side. */
export async function scoreClasses(pipe: OpenModel, options: ScoreOptions): Promise<ClassScore[]> {
  return scoreTokens(pipe, await pictureTokens(pipe, options), options.classIds, options.signal);
}

/** A picture's tokens at every grid, and which of them count. */
export type PictureTokens = readonly Omit<ScaleScore, "logProbs">[];

/** Finds a picture's tokens at the size at which it is scored. */
export async function pictureTokens(
  { factor, config, networks }: OpenModel,
  { image, hole = new Uint8Array(image.width * image.height), grids }: Pick<ScoreOptions, "image" | "hole" | "grids">,
): Promise<PictureTokens> {
  const size = scoredSize(image, factor, config.trainedSide);
  const view = scoredView({ picture: image, hole }, size);
  const latent = await encodeOne(networks, view.picture, factor);
  const kept = keptCells(view.hole, latent.grid, factor, 0);
  const all = new Uint8Array(kept.length).fill(1);
  const scales: PictureTokens[number][] = [];
  for (const grid of grids ?? planScales({ factor, trainedSide: config.trainedSide, sizePx: size }).grids) {
    const { tokens } = await givenTokens(networks, latent, all, grid, KEPT_SHARE);
    const counted = poolKept(latent.data, kept, latent.grid, grid, KEPT_SHARE).forced;
    scales.push({ grid, tokens, counted });
  }
  return scales;
}

/** Scores tokens under several classes, {@link CLASSES_AT_ONCE} of them side by side. */
export async function scoreTokens(
  pipe: OpenModel,
  tokens: PictureTokens,
  classIds: readonly number[],
  signal: AbortSignal | undefined,
): Promise<ClassScore[]> {
  const scores: ClassScore[] = [];
  for (let at = 0; at < classIds.length; at += CLASSES_AT_ONCE) {
    const some = classIds.slice(at, at + CLASSES_AT_ONCE);
    const scales = await teacherForced(pipe, some, tokens, signal);
    for (const [i, classId] of some.entries()) scores.push(summed(classId, pipe.labels[classId], scales[i]!));
  }
  return scores;
}

async function teacherForced(
  { networks }: OpenModel,
  classIds: readonly number[],
  tokens: PictureTokens,
  signal: AbortSignal | undefined,
): Promise<ScaleScore[][]> {
  const perClass: ScaleScore[][] = classIds.map(() => []);
  const conditions = classIds.map((id) => [{ id, weight: 1 }]);
  const run = await openRun(networks, { conditions, grids: tokens.map(({ grid }) => grid) });
  try {
    let before: Int32Array | undefined;
    for (const scale of tokens) {
      signal?.throwIfAborted();
      const logits = await run.next(before && repeated(before, classIds.length));
      before = scale.tokens;
      for (const [row, scales] of perClass.entries())
        scales.push({ ...scale, logProbs: logProbsOf(logits, scale.tokens, row, classIds.length) });
    }
  } finally {
    run.dispose();
  }
  return perClass;
}

/** Logarithms of the probabilities of one row's tokens [l] in logits [rows, l, V]. */
function logProbsOf(logits: Float32Array, tokens: Int32Array, row: number, rows: number): Float32Array {
  const V = logits.length / (rows * tokens.length);
  return Float32Array.from(tokens, (id, i) => {
    const at = (row * tokens.length + i) * V;
    return logits[at + id]! - logSumExp(logits, at, at + V);
  });
}

function logSumExp(values: Float32Array, begin: number, end: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = begin; i < end; i++) if (values[i]! > largest) largest = values[i]!;
  let sum = 0;
  for (let i = begin; i < end; i++) sum += Math.exp(values[i]! - largest);
  return largest + Math.log(sum);
}

function summed(classId: number, label: string | undefined, scales: readonly ScaleScore[]): ClassScore {
  let [sum, count] = [0, 0];
  for (const { logProbs, counted } of scales)
    for (let i = 0; i < logProbs.length; i++)
      if (counted[i] === 1) {
        sum += logProbs[i]!;
        count++;
      }
  return { classId, label, logLikelihood: sum, bitsPerToken: count === 0 ? 0 : -sum / count / Math.LN2, scales };
}

/** The view at the scored size, its hole filled from what is kept. */
function scoredView({ picture, hole }: View, { width, height }: PixelSize): View {
  const filled = fillHole(picture, hole, "diffusion");
  if (picture.width === width && picture.height === height) return { picture: filled, hole };
  const part = resizeSeparable(
    Float32Array.from(hole),
    axisMatrix(picture.height, height),
    axisMatrix(picture.width, width),
  );
  return { picture: resizeRgb(filled, width, height), hole: Uint8Array.from(part, (share) => (share > 1e-6 ? 1 : 0)) };
}
