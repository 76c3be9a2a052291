/** Numbers of several steps as one record. */
import type { StepReport } from "./run.ts";

/** Means over steps that took `seconds` in all; the last one's learning rate. */
export function meansOf(steps: readonly StepReport[], seconds: number): Record<string, number> {
  const mean = (of: (r: StepReport) => number): number => steps.reduce((sum, r) => sum + of(r), 0) / steps.length;
  const images = steps.reduce((sum, r) => sum + r.images, 0);
  const parts = Object.keys(steps[0]?.parts ?? {}).map((key) => [key, round(mean((r) => r.parts[key] ?? 0))] as const);
  return {
    loss: round(mean((r) => r.loss)),
    lr: round(steps.at(-1)!.lr),
    gradNorm: round(mean((r) => r.gradNorm)),
    imagesPerSecond: round(images / seconds),
    ...Object.fromEntries(parts),
  };
}

/** Six significant digits: enough for curves, short in files. */
export const round = (value: number): number => Number(value.toPrecision(6));

export const describeMeans = (means: Readonly<Record<string, number>>): string =>
  Object.entries(means)
    .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
    .join("  ");
