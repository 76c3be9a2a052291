/** The shipped model with a few of its classes: an accessibility check takes a minute over a thousand tiles. */
import { readFileSync, writeFileSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors, tensorSource, writeSafetensors } from "../../src/checkpoint/index.ts";
import { projectRoot } from "../support/imports.ts";

const MODEL = join(projectRoot, "models", "emoji");
const TABLE = "class_emb.weight";

interface Config {
  readonly transformer: { readonly num_classes: number };
  readonly id2label: Readonly<Record<string, string>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

const config = JSON.parse(readFileSync(join(MODEL, "config.json"), "utf8")) as Config;
const labels = Object.values(config.id2label);
const kept = labels.flatMap((label, id) => (id % 40 === 0 || /heart|apple/.test(label) ? [id] : []));

/** Classes of the small model: more than a screen shows at once. */
export const CLASSES = kept.map((id) => labels[id]!);

/** Writes the model into a new folder, and pictures for its classes into the built studio `shell`. */
export async function writeFewClasses(folder: string, shell: string): Promise<void> {
  await mkdir(folder);
  const groups = Object.entries(config.groups).map(([name, all]) => [name, all.filter((one) => CLASSES.includes(one))]);
  const small = {
    ...config,
    transformer: { ...config.transformer, num_classes: CLASSES.length },
    id2label: { ...CLASSES },
    groups: Object.fromEntries(groups.filter(([, members]) => members!.length > 0)),
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(small));
  await copyFile(join(MODEL, "tokenizer.safetensors"), join(folder, "tokenizer.safetensors"));
  const file = await openSafetensors(join(MODEL, "transformer.safetensors"));
  const table = file.tensors.get(TABLE)!;
  const [rows, width] = table.shape as [number, number];
  const bytes = await table.read();
  // "No class" and the styles lie after the classes.
  const wanted = [...kept, ...Array.from({ length: rows - labels.length }, (_, i) => labels.length + i)];
  const rowBytes = table.byteLength / rows;
  const cut = Buffer.concat(wanted.map((row) => bytes.subarray(row * rowBytes, (row + 1) * rowBytes)));
  const tensors = new Map([...file.tensors, [TABLE, tensorSource(table.dtype, [wanted.length, width], cut)] as const]);
  await writeSafetensors(join(folder, "transformer.safetensors"), tensors);
  await file.close();
  const examples = join(shell, "examples");
  await copyFile(join(examples, "emoji.webp"), join(examples, "few.webp"));
  const sheet = JSON.parse(readFileSync(join(examples, "emoji.json"), "utf8")) as object;
  writeFileSync(join(examples, "few.json"), JSON.stringify({ ...sheet, labels: CLASSES }));
}
