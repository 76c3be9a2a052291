/** Which classes a task is for: those asked for, or the one that a picture is likeliest of, found without scoring every class at every scale. */
import type { View } from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import { type ClassPick, classPicksOf } from "../pretrained/index.ts";
import { type Grid, type PixelSize, planScales } from "../sampling/index.ts";
import { pictureTokens, scoredSize, scoreTokens } from "./likelihood.ts";
import type { OpenModel } from "./model.ts";
import { transformerOf } from "./programs.ts";

/** Grids up to this share of the trained side decide a guess: they hold most of what tells classes apart, and few of the tokens. */
const GUESS_SHARE = 0.5;
/** Classes that are looked at over all of those grids. */
export const FINALISTS = 24;
/** Share of the classes that goes on to one grid more. */
const KEPT = 0.25;

/** The grids that a guess from a picture of this size looks at. */
export function guessGrids(picture: PixelSize, factor: number, trainedSide: number): readonly Grid[] {
  const size = scoredSize(picture, factor, trainedSide);
  const { grids } = planScales({ factor, trainedSide, sizePx: size });
  const coarse = grids.filter(([h, w]) => Math.sqrt(h * w) <= GUESS_SHARE * trainedSide);
  return coarse.length > 0 ? coarse : grids.slice(0, 1);
}

/** A look at some classes over the first of the grids. */
export interface GuessRound {
  readonly classes: number;
  /** How many of the grids, from the first on. */
  readonly grids: number;
}

/**
 * What a guess among so many classes looks at: all classes at the first grid, a quarter of them at the first two, and so on, until
 * `finalists` are left, which are looked at over all grids.
 */
export function guessRounds(classes: number, grids: number, finalists = FINALISTS): GuessRound[] {
  const rounds: GuessRound[] = [];
  let left = classes;
  for (let seen = 1; seen < grids && left > finalists; seen++) {
    rounds.push({ classes: left, grids: seen });
    left = Math.max(finalists, Math.ceil(left * KEPT));
  }
  return [...rounds, { classes: left, grids }];
}

/** The classes under which the kept part of a picture is likeliest by its coarse scales, likeliest first; `most` of them at least where there are so many. */
export async function likelyClasses(
  pipe: OpenModel,
  { picture, hole }: View,
  { most = FINALISTS, signal }: { readonly most?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<number[]> {
  const { numClasses } = transformerOf(pipe.config);
  const grids = guessGrids(picture, pipe.factor, pipe.config.trainedSide);
  const tokens = await pictureTokens(pipe, { image: picture, hole, grids });
  let classIds = Array.from({ length: numClasses }, (_, id) => id);
  for (const round of guessRounds(numClasses, grids.length, most)) {
    // Nothing has told them apart so far, and hardly will: what is kept of the picture lies in too small parts.
    if (round.grids === grids.length && classIds.length > 4 * most) classIds = classIds.slice(0, most);
    const scores = await scoreTokens(pipe, tokens.slice(0, round.grids), classIds, signal);
    // What has no counted token tells nothing: all go on.
    if (scores.every(({ bitsPerToken }) => bitsPerToken === 0) && round.grids < grids.length) continue;
    const kept = round.grids === grids.length ? scores.length : Math.max(most, Math.ceil(scores.length * KEPT));
    classIds = scores
      .sort((a, b) => b.logLikelihood - a.logLikelihood)
      .slice(0, kept)
      .map(({ classId }) => classId);
  }
  return classIds;
}

/** Class ids or names, or what to do without: `"auto"` guesses from the picture, `"none"` paints without a class. */
export type ClassChoice = readonly (number | string)[] | "auto" | "none";

/** What a choice asks for; "no class" is the id after the last. `["auto"]` and `["none"]` count as the words alone. */
export async function classesOf(
  pipe: OpenModel,
  choice: ClassChoice,
  view: View,
  signal?: AbortSignal,
): Promise<ClassPick[]> {
  const { numClasses } = transformerOf(pipe.config);
  const word = typeof choice === "string" ? choice : choice.length === 1 ? choice[0] : undefined;
  if (word === "none") return [{ ids: [numClasses] }];
  if (word === "auto") return [{ ids: [(await likelyClasses(pipe, view, { signal }))[0]!] }];
  if (typeof choice === "string")
    throw new OptionError("classLabels", "class ids or names, auto or none", `"${choice}"`);
  if (choice.length === 0) throw new OptionError("classLabels", "at least one class", "none");
  return classPicksOf(choice, pipe.config, numClasses);
}
