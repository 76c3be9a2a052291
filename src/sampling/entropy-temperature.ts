import { OptionError } from "../errors/index.ts";
import { expNegative, lnPositive } from "./portable-math.ts";

/**
 * Temperature by entropy (Ma et al., "Towards Better & Faster Autoregressive Image Generation: From the Perspective of Entropy",
 * arXiv 2510.09012): T = scale·exp(−H/decay) + floor. Rows that are sure of their token, which in pictures are plain areas, are drawn
 * more freely; rows that are not, where shapes are, more carefully.
 */
export interface EntropyTemperature {
  /** What is added to `floor` at entropy 0; at least 0. */
  readonly scale: number;
  /** Entropy in nats over which that falls to 1/e; above 0. */
  readonly decay: number;
  /** Temperature of a row of very high entropy; above 0. */
  readonly floor: number;
}

/** Values of the authors' code for a class-conditional model of 16,384 codes. */
export const PAPER_ENTROPY: EntropyTemperature = { scale: 2.5, decay: 3, floor: 0.6 };

/**
 * Reads `none`, `paper` or `SCALE,DECAY,FLOOR`.
 * @throws OptionError for other texts and values out of range.
 */
export function parseEntropyTemperature(text: string): EntropyTemperature | undefined {
  const trimmed = text.trim();
  if (trimmed === "none") return undefined;
  if (trimmed === "paper") return PAPER_ENTROPY;
  const parts = trimmed.split(",");
  const [scale, decay, floor] = parts.map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const within = (n: number | undefined): boolean => n !== undefined && n > 0 && n <= 100;
  if (parts.length !== 3 || !(scale === 0 || within(scale)) || !within(decay) || !within(floor))
    throw new OptionError(
      "entropyTemperature",
      "none, paper or SCALE,DECAY,FLOOR such as 2.5,3,0.6 (above 0 and at most 100; SCALE may be 0)",
      `"${text}"`,
    );
  return { scale: scale!, decay: decay!, floor: floor! };
}

/** Entropy in nats of softmax(values); the same bits on every platform. */
export function rowEntropy(values: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > largest) largest = value;
  let [total, moment] = [0, 0];
  for (const value of values) {
    const below = value - largest;
    const weight = expNegative(below);
    if (weight === 0) continue;
    total += weight;
    moment += weight * below;
  }
  return total > 0 ? lnPositive(total) - moment / total : 0;
}

/** The temperature of a row of such entropy (nats). */
export const temperatureAt = ({ scale, decay, floor }: EntropyTemperature, entropy: number): number =>
  scale * expNegative(-Math.max(0, entropy) / decay) + floor;
