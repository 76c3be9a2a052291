/** What the page reads of a model's config.json; the worker checks the whole file when it opens the model. */
import type { ExampleSheet } from "flexvar/client";
import type { ModelInfo } from "./types.ts";

export interface ModelConfig {
  readonly trained_side: number;
  readonly tokenizer: { readonly channel_multipliers: readonly number[]; readonly patch_size?: number };
  readonly id2label: Readonly<Record<string, string>>;
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly styles?: readonly string[];
  readonly default_sampling?: {
    readonly steps?: number;
    readonly guidance_scale?: unknown;
    readonly guidance_mode?: string;
  };
}

/** A guidance scale as one number: the largest where scales differ. */
function strongest(guidance: unknown): number {
  const numbers = JSON.stringify(guidance).match(/\d+(\.\d+)?/g) ?? [];
  return Math.max(0, ...numbers.map(Number));
}

/** A file of the site. @param expected begins what is said of an answer that is none. @throws Error in words. */
export async function readJson<T>(address: URL, expected: string, init?: RequestInit): Promise<T> {
  const response = await fetch(address, init).catch((error: unknown) => {
    throw new Error("The studio could not reach its files. Is this device online?", { cause: error });
  });
  if (!response.ok) throw new Error(`${expected}, got ${response.status}`);
  return (await response.json()) as T;
}

interface Known extends Pick<ModelInfo, "name" | "hash" | "downloadBytes" | "downloaded"> {
  readonly examples?: ExampleSheet | undefined;
}

/** @param base address of the site's folder. */
export function modelInfo(config: ModelConfig, base: string, { examples, ...known }: Known): ModelInfo {
  const { channel_multipliers, patch_size = 1 } = config.tokenizer;
  const sampling = config.default_sampling ?? {};
  const ids = Object.keys(config.id2label).map(Number);
  const labels = Array.from({ length: Math.max(-1, ...ids) + 1 }, (_, id) => config.id2label[id] ?? `class ${id}`);
  const idOf = new Map(labels.map((label, id) => [label, id]));
  return {
    ...known,
    examples: examples && { ...examples, address: new URL(examples.file, base).href },
    labels,
    groups: Object.entries(config.groups ?? {}).map(([name, members]) => ({
      name,
      ids: members.flatMap((member) => idOf.get(member) ?? []),
    })),
    styles: config.styles ?? [],
    factor: patch_size * 2 ** (channel_multipliers.length - 1),
    trainedSide: config.trained_side,
    defaults: {
      steps: sampling.steps ?? 10,
      guidance: strongest(sampling.guidance_scale ?? 2.5),
      guidanceMode: sampling.guidance_mode ?? "ramp",
    },
  };
}
