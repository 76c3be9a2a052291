/** Defaults of a model: the options that its config may carry under `default_sampling`. */
import type { z } from "zod";
import { OptionError } from "../errors/index.ts";
import type { PerScale } from "../sampling/index.ts";
import { parsed } from "./parse.ts";
import { CONFIG_OPTIONS, type ConfigOption, type Options, options, optionsSchema } from "./table.ts";

type Value<N extends ConfigOption> = z.output<Options[N]["schema"]>;
/** Options that every model decides; the others have a default in the table. */
type Decided = "guidance" | "guidanceMode" | "topK" | "topP" | "temperature" | "greedy";

export type DefaultSampling = { readonly [N in ConfigOption]?: Value<N> | undefined } & {
  readonly [N in Decided]: Value<N>;
};

/** Defaults of imported (released) checkpoints: the published settings at 256 px. */
export const IMPORTED_DEFAULTS: DefaultSampling = {
  guidance: 2.5,
  guidanceMode: "ramp",
  topK: 900,
  topP: 0.95,
  temperature: 1,
  greedy: "released",
};

/** Defaults of models trained here: the same without the hidden greedy rule. */
export const TRAINED_DEFAULTS: DefaultSampling = { ...IMPORTED_DEFAULTS, greedy: "none" };

const schema = optionsSchema(CONFIG_OPTIONS);

/**
 * Reads `default_sampling` of a config.json, whose keys are the table's (`guidance_scale`, `top_k`, …). Missing keys take `fallback`.
 * @throws OptionError naming the key.
 */
export function readDefaultSampling(json: unknown, fallback: DefaultSampling = TRAINED_DEFAULTS): DefaultSampling {
  if (json === undefined || json === null) return fallback;
  if (typeof json !== "object" || Array.isArray(json))
    throw new OptionError("default_sampling", "an object", JSON.stringify(json));
  const merged: Record<string, unknown> = { ...fallback };
  for (const [key, value] of Object.entries(json)) {
    const name = CONFIG_OPTIONS.find((option) => options[option].config === key);
    if (name === undefined) {
      const known = CONFIG_OPTIONS.map((option) => options[option].config).join(", ");
      throw new OptionError("default_sampling", `keys among ${known}`, key);
    }
    if (value !== null) merged[name] = value;
  }
  return parsed(schema, merged) as DefaultSampling;
}

/** The form that {@link readDefaultSampling} reads. */
export function writeDefaultSampling(defaults: DefaultSampling): Record<string, string | PerScale> {
  const entries = CONFIG_OPTIONS.map((name) => [options[name].config, defaults[name]]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<string, string | PerScale>;
}
