/** Finding and opening the network that pictures are compared by. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { FeatureSource, InceptionResize } from "../classifier/index.ts";
import { packageRoot } from "../files/index.ts";
import { UsageError } from "./errors.ts";

export interface FeatureFlags {
  readonly features?: string;
  readonly weights?: string;
  readonly resize?: string;
  readonly threads?: number;
}

const SHIPPED = join(packageRoot(), "models", "judges");

/**
 * The place that `--features` names: a judge's folder, the name of a shipped judge, or `inception` with its weights. Without the
 * flag, the shipped judge that has the model's name.
 * @throws UsageError saying what there is
 */
export function findFeatures({ features, weights, resize }: FeatureFlags, model?: string): string {
  if (features === "inception") {
    if (weights === undefined)
      throw new UsageError(
        "--weights: expected the published PyTorch conversion of Inception-2015 (a .pth file), got nothing",
      );
    if (!existsSync(weights)) throw new UsageError(`--weights: expected a file, got "${weights}" (no such file)`);
    return weights;
  }
  for (const [flag, value] of Object.entries({ weights, resize }))
    if (value !== undefined) throw new UsageError(`--${flag}: expected it with --features inception only`);
  return findJudge("features", "inception, a judge's folder", features, model);
}

/**
 * A judge's folder, or the shipped judge of that name; without one, the shipped judge that has the model's name.
 * @param flag the flag that names it, and `others` what else that takes, for messages
 * @throws UsageError saying what there is
 */
export function findJudge(flag: string, others: string, given: string | undefined, model: string | undefined): string {
  const shipped = existsSync(SHIPPED) ? readdirSync(SHIPPED).sort() : [];
  const named = given ?? (model === undefined ? undefined : basename(resolve(model)));
  if (named !== undefined && isJudge(named)) return named;
  if (named !== undefined && shipped.includes(named)) return join(SHIPPED, named);
  const got = given === undefined ? "nothing" : `"${given}"`;
  throw new UsageError(`--${flag}: expected ${others}, or a shipped judge (${shipped.join(", ")}), got ${got}`);
}

const isJudge = (folder: string): boolean => existsSync(join(folder, "classifier.safetensors"));

/** Opens it. @throws UsageError for an unknown way of resizing */
export async function openFeatureSource(place: string, flags: FeatureFlags): Promise<FeatureSource> {
  const { inceptionResizes, openFeatures } = await import("../classifier/index.ts");
  const { nodeRuntime } = await import("../runtime/node.ts");
  const { resize, threads } = flags;
  const isMode = (text: string): text is InceptionResize => (inceptionResizes as readonly string[]).includes(text);
  if (resize !== undefined && !isMode(resize))
    throw new UsageError(`--resize: expected one of ${inceptionResizes.join(", ")}, got "${resize}"`);
  const runtime = nodeRuntime({ threads });
  return openFeatures(place, runtime, resize === undefined ? {} : { resize });
}
