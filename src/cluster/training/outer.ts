/** The outer step of DiLoCo (Douillard et al., arXiv 2311.08105): members' weights joined by Nesterov momentum. */
import type { RoundSettings } from "./messages.ts";

/** Float arrays by name. */
export type Arrays = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** What a member's values add to a sum: `data` itself, or its difference to `base` where it is one. */
export interface Answer {
  readonly arrays: Arrays;
  readonly isDifference: boolean;
}

/**
 * Means of members' values [each as in `base`], in float64. One member's weights are their own mean, bit for bit.
 * @param base what the round began with
 */
function meanOf(name: string, base: Float32Array, answers: readonly Answer[]): Float64Array {
  // −0 and not 0: the one number that leaves the sign of every first term.
  const mean = new Float64Array(base.length).fill(-0);
  for (const { arrays, isDifference } of answers) {
    const own = arrays.get(name)!.data;
    for (let i = 0; i < mean.length; i++) mean[i]! += isDifference ? base[i]! + own[i]! : own[i]!;
  }
  if (answers.length > 1) for (let i = 0; i < mean.length; i++) mean[i]! /= answers.length;
  return mean;
}

/**
 * One outer step. With the mean m of the members' weights, g = w − m, momentum b and rate r:
 *
 *     b' = momentum·b + g;   w' = w − r·(g + momentum·b')
 *
 * which is w' = c·m + (1 − c)·w − r·momentum²·b with c = r·(1 + momentum). In this form, terms with the factor 0 left out, rate 1
 * without momentum gives m as it is. Names for which `isAveraged` holds take m itself: they are averages already.
 */
export function outerStep(
  weights: Arrays,
  momenta: Arrays,
  answers: readonly Answer[],
  { outerRate: rate, outerMomentum: momentum }: Pick<RoundSettings, "outerRate" | "outerMomentum">,
  isAveraged: (name: string) => boolean,
): { readonly weights: Arrays; readonly momenta: Arrays } {
  const next = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  const nextMomenta = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  const c = rate * (1 + momentum);
  for (const [name, { shape, data: w }] of weights) {
    const m = meanOf(name, w, answers);
    if (isAveraged(name)) {
      next.set(name, { shape, data: Float32Array.from(m) });
      continue;
    }
    const b = momenta.get(name)?.data;
    const data = new Float32Array(w.length);
    for (let i = 0; i < data.length; i++) {
      let value = c === 1 ? m[i]! : c * m[i]! + (1 - c) * w[i]!;
      if (momentum > 0 && b !== undefined) value -= rate * momentum * momentum * b[i]!;
      data[i] = value;
    }
    next.set(name, { shape, data });
    if (momentum > 0)
      nextMomenta.set(name, { shape, data: w.map((before, i) => momentum * (b?.[i] ?? 0) + before - m[i]!) });
  }
  return { weights: next, momenta: nextMomenta };
}
