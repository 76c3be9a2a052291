/** Settings of a picture, as an order of the create screen. */
import { pick } from "flexvar/options";
import { parseScales } from "flexvar/sampling";
import { readSettings, requestFrom, type SettingsRecord } from "flexvar/web";
import { MORE_OPTIONS } from "../create/more-options.ts";
import type { DrawRequest } from "./types.ts";

/** Undefined where the file carries none, or those of an edit. */
export function requestOfPng(png: Uint8Array): DrawRequest | undefined {
  try {
    return requestOf(readSettings(png));
  } catch {
    return undefined;
  }
}

/** Undefined where the settings are no drawing's. */
export function requestOf(settings: SettingsRecord): DrawRequest | undefined {
  try {
    const run = requestFrom(settings);
    if (run.task !== "generate") return undefined;
    const { options } = run;
    const [width, height] = String(options.size).split("x").map(Number);
    const { classLabels: [classId] = [], steps, guidance, seed, firstIndex, style = "none" } = options;
    const numbers = { classId, width, height, steps: steps ?? 10, guidance, seed, count: 1, firstIndex };
    if (!Object.values(numbers).every((value) => Number.isFinite(value))) return undefined;
    const more = pick(MORE_OPTIONS, options);
    const { scales: list } = options;
    const scales = list === undefined ? undefined : parseScales(String(list));
    return {
      ...(numbers as DrawRequest),
      ...(scales !== undefined && { scales }),
      ...(style !== "none" && { style }),
      more,
    };
  } catch {
    return undefined;
  }
}
