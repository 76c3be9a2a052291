/** A classifier's folder: `classifier.safetensors` and `config.json`. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { float32ToFloat16, openSafetensors, tensorSource, toFloat32, writeSafetensors } from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
import type { ClassGroup } from "../evaluate/index.ts";
import { makeFolders, readInput, writeFileAtomic } from "../files/index.ts";
import { parseJson, readAs } from "../json/index.ts";
import { compareParams, expectParams } from "../nn/index.ts";
import { partOf, partSchema } from "../pretrained/index.ts";
import { type NetworkConfig, networkOf } from "./network.ts";

const WEIGHTS = "classifier.safetensors";
const CONFIG = "config.json";

/** What a classifier's `config.json` says. */
export interface ClassifierConfig {
  readonly network: NetworkConfig;
  readonly labels: readonly string[];
  /** Groups of its labels; none by default. */
  readonly groups: readonly ClassGroup[];
  /** Sides in pixels that it was trained at. */
  readonly sizes: readonly number[];
  /** Share of held-out pictures that it names correctly, by side in pixels. */
  readonly heldOutAccuracy: Readonly<Record<string, number>>;
  readonly heldOutPictures: number;
  /** What it was trained on, for people. */
  readonly trainedOn: string;
}

const count = z.int().min(1).max(100_000);
const residualFields = { patchSize: count, widths: z.array(count).min(1).max(8), blocks: count, normGroups: count };
const discriminantFields = { kind: z.literal("discriminant"), side: count, width: count };
const schema = z.object({
  model_type: z.literal("flexvar-judge"),
  version: z.literal(1),
  dtype: z.enum(["float32", "float16"]),
  network: z.union([partSchema(residualFields), partSchema(discriminantFields)]),
  sizes: z.array(count).min(1),
  held_out_accuracy: z.record(z.string(), z.number().min(0).max(1)),
  held_out_pictures: z.int().min(0),
  trained_on: z.string(),
  labels: z.array(z.string()).min(1),
  /** Labels of each group. */
  groups: z.record(z.string(), z.array(z.string())).optional(),
});

/** Writes (or replaces, file by file) a classifier's folder; `half` stores weights in half precision. */
export async function writeClassifier(
  folder: string,
  config: ClassifierConfig,
  arrays: ReadonlyMap<string, { readonly data: Float32Array }>,
  half = false,
): Promise<void> {
  await makeFolders(folder);
  const tensors = networkOf(config.network).decls.map(({ name, shape }) => {
    const found = arrays.get(name);
    if (found === undefined) throw new FileError(folder, `values for "${name}"`, "none");
    const data = half ? float32ToFloat16(found.data) : found.data;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [name, tensorSource(half ? "float16" : "float32", shape, bytes)] as const;
  });
  await writeSafetensors(join(folder, WEIGHTS), tensors);
  await writeFileAtomic(join(folder, CONFIG), formatConfig(config, half));
}

/** Throws where a classifier's folder with this config could not be opened. */
export function expectOpenableClassifier(config: ClassifierConfig, where: string): void {
  parseConfig(Buffer.from(formatConfig(config, true)), where);
}

function formatConfig({ network, ...config }: ClassifierConfig, half: boolean): string {
  const groups = config.groups.map(({ name, members }) => [name, members.map((member) => config.labels[member]!)]);
  const json: z.input<typeof schema> = {
    model_type: "flexvar-judge",
    version: 1,
    dtype: half ? "float16" : "float32",
    network: partOf("kind" in network ? discriminantFields : residualFields, network),
    sizes: [...config.sizes],
    held_out_accuracy: { ...config.heldOutAccuracy },
    held_out_pictures: config.heldOutPictures,
    trained_on: config.trainedOn,
    labels: [...config.labels],
    ...(groups.length > 0 && { groups: Object.fromEntries(groups) }),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Reads a classifier's folder; its `hash` is the SHA-256 of weights and config, in hexadecimal.
 * @throws Error naming the file, what was expected and what was found
 */
export async function readClassifier(folder: string) {
  const text = await readInput(join(folder, CONFIG), "judge's config");
  const bytes = await readInput(join(folder, WEIGHTS), "judge's weights");
  const config = parseConfig(text, join(folder, CONFIG));
  const { decls } = networkOf(config.network);
  const file = await openSafetensors(join(folder, WEIGHTS));
  try {
    expectParams(
      join(folder, WEIGHTS),
      compareParams(decls, file.tensors, () => false),
    );
    const arrays = new Map<string, Float32Array>();
    for (const { name } of decls) {
      const entry = file.tensors.get(name)!;
      arrays.set(name, Float32Array.from(toFloat32(await entry.read(), entry.dtype)));
    }
    return { config, arrays, hash: createHash("sha256").update(bytes).update(text).digest("hex") };
  } finally {
    await file.close();
  }
}

function parseConfig(text: Uint8Array, where: string): ClassifierConfig {
  const { network, sizes, labels, groups = {}, ...made } = readAs(schema, parseJson(text, where), where);
  return {
    network: { ...network, classes: labels.length },
    labels,
    groups: groupsOfNames(groups, labels, where),
    sizes,
    heldOutAccuracy: made.held_out_accuracy,
    heldOutPictures: made.held_out_pictures,
    trainedOn: made.trained_on,
  };
}

/** Groups of labels by the names of their members as groups by numbers. @throws Error naming a member that is no label */
export function groupsOfNames(
  groups: Readonly<Record<string, readonly string[]>>,
  labels: readonly string[],
  where: string,
): ClassGroup[] {
  const numbers = new Map(labels.map((label, number) => [label, number]));
  return Object.entries(groups).map(([name, members]) => ({
    name,
    members: members.map((member) => {
      const number = numbers.get(member);
      if (number === undefined) throw new FileError(where, `members of group "${name}" that are labels`, `"${member}"`);
      return number;
    }),
  }));
}
