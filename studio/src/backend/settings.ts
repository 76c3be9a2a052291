/** Settings that a PNG carries, as an order of the create screen. */
import "./no-eval.ts";
import { readSettings, requestFrom } from "flexvar/web";
import type { DrawRequest } from "./types.ts";

/** Undefined where the file carries none, or those of an edit. */
export function requestOf(png: Uint8Array): DrawRequest | undefined {
  try {
    const { options } = requestFrom(readSettings(png));
    const [width, height] = String(options.size).split("x").map(Number);
    const { classLabels: [classId] = [], steps, guidance, seed, firstIndex } = options;
    const numbers = { classId, width, height, steps: steps ?? 10, guidance, seed, count: 1, firstIndex };
    return Object.values(numbers).every((value) => Number.isFinite(value)) ? (numbers as DrawRequest) : undefined;
  } catch {
    return undefined;
  }
}
