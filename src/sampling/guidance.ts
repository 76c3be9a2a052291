/** How class guidance grows: `ramp` (published numbers) or `constant` (the authors' demo). */
export const GUIDANCE_MODES = ["ramp", "constant"] as const;
export type GuidanceMode = (typeof GUIDANCE_MODES)[number];

/** Guided logits are a·cond + b·uncond; a + b = 1. */
export interface GuidanceWeights {
  readonly a: number;
  readonly b: number;
}

/** Where in a run a grid stands. */
export interface GuidanceStep {
  /** Step i, from 0. */
  readonly step: number;
  /** Number of steps n. */
  readonly steps: number;
  /** Side that stands for the grid (a plan's base size). */
  readonly baseSize: number;
  /** Side above which the factor is the whole guidance scale: the trained side, or the user's largest grid. */
  readonly maxGrid: number;
}

/**
 * Ramp: t = g·i / min(n−1, 9), so that it passes g after the tenth step; t = g for grids beyond the trained side and, where
 * the formula would divide by zero, for a run of a single step.
 */
export function rampFactor(guidance: number, { step, steps, baseSize, maxGrid }: GuidanceStep): number {
  if (steps <= 1 || baseSize > maxGrid) return guidance;
  return (guidance * step) / Math.min(steps - 1, 9);
}

/** The mix of one step: (1 + t)·cond − t·uncond for ramp, uncond + g·(cond − uncond) for constant. */
export function guidanceWeights(mode: GuidanceMode, guidance: number, at: GuidanceStep): GuidanceWeights {
  if (mode === "constant") return { a: guidance, b: 1 - guidance };
  const t = rampFactor(guidance, at);
  return { a: 1 + t, b: -t };
}

/** The conditional rows alone. */
export const UNGUIDED: GuidanceWeights = { a: 1, b: 0 };

/** True where the unconditional rows have no influence, so that they need not be computed. */
export function isUnguided({ a, b }: GuidanceWeights): boolean {
  return a === 1 && b === 0;
}

/**
 * out = a·cond + b·uncond, element by element; all of one length. `out` may be `cond` or `uncond`.
 * @throws RangeError when lengths differ.
 */
export function mixGuidance(
  cond: Float32Array,
  uncond: Float32Array,
  { a, b }: GuidanceWeights,
  out: Float32Array = new Float32Array(cond.length),
): Float32Array {
  if (uncond.length !== cond.length || out.length !== cond.length) {
    throw new RangeError(`mixGuidance: expected ${cond.length} values each, got ${uncond.length} and ${out.length}`);
  }
  for (let i = 0; i < out.length; i++) out[i] = a * cond[i]! + b * uncond[i]!;
  return out;
}
