/** Model folders by name: known released weights, and model folders on the hub. */
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OptionError } from "../errors/index.ts";
import { imagenetLabels } from "../options/index.ts";
import { CARD_FILE, CONFIG_FILE, TOKENIZER_FILE, TRANSFORMER_FILE } from "../pretrained/index.ts";
import { importModel } from "../pretrained/node.ts";
import { type KnownModel, knownModel, knownModels } from "./catalogue.ts";
import { withFileLock } from "./lock.ts";
import { formatHubReference, type HubReference, parseHubReference } from "./reference.ts";
import type { HubPlaces } from "./settings.ts";
import { cachedSnapshot, type PullOptions, pullFiles } from "./snapshot.ts";

export interface ModelOptions extends PullOptions, HubPlaces {
  readonly onMessage?: ((message: string) => void) | undefined;
}

function named(name: string): KnownModel | HubReference | undefined {
  return knownModel(name) ?? parseHubReference(name);
}

/** The folder of a model that is here already; undefined where it must be pulled. Asks nothing of the network. */
export async function cachedModel(name: string, { settings, imported }: HubPlaces): Promise<string | undefined> {
  const model = named(name);
  if (model === undefined) return undefined;
  if ("tokenizer" in model) return importedFolder(imported, model);
  const folder = await cachedSnapshot(settings.cache, model);
  return folder !== undefined && (await isWhole(folder)) ? folder : undefined;
}

/** Config and weights are there; a link whose blob has gone is not. */
async function isWhole(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return [CONFIG_FILE, TOKENIZER_FILE, ...names].every((name) => existsSync(join(folder, name)));
}

/**
 * Brings a model here, or up to date, and returns its folder.
 * @throws OptionError for a name of no model; HubError; FileWriteError; the signal's reason.
 */
export async function pullModel(name: string, options: ModelOptions): Promise<string> {
  const model = named(name);
  if (model === undefined)
    throw new OptionError("model", `${knownNames()} or user/repo[@revision][:folder]`, `"${name}"`);
  return "tokenizer" in model ? pullKnown(model, options) : pullFolder(model, options);
}

/** The folder of a model by name: the one that is here, else pulled. */
export async function ensureModel(name: string, options: ModelOptions): Promise<string> {
  return (await cachedModel(name, options)) ?? (await pullModel(name, options));
}

const knownNames = (): string => `one of ${knownModels.map(({ name }) => name).join(", ")}`;

async function pullFolder(at: HubReference, options: ModelOptions): Promise<string> {
  const files = [CONFIG_FILE, TOKENIZER_FILE].map((path) => ({ paths: [path] }));
  const optional = [TRANSFORMER_FILE, CARD_FILE].map((path) => ({ paths: [path], optional: true }));
  const pulled = await pullFiles(formatHubReference(at), [{ at, files: [...files, ...optional] }], options);
  return dirname(pulled[0]!.place);
}

async function pullKnown(model: KnownModel, options: ModelOptions): Promise<string> {
  const { imported, signal, onMessage } = options;
  const wanted = [model.tokenizer, model.transformer].map(({ at, paths }) => ({ at, files: [{ paths }] }));
  const [tokenizer, transformer] = await pullFiles(model.name, wanted, options);
  const out = join(imported, `${model.name}-${transformer!.digest.slice(0, MARK)}`);
  const isThere = async (): Promise<boolean> => existsSync(join(out, CONFIG_FILE));
  await withFileLock(join(imported, `.${model.name}`), { signal, whileWaiting: isThere }, async () => {
    if (await isThere()) return;
    await importModel({
      tokenizer: tokenizer!.place,
      transformer: transformer!.place,
      out,
      labels: imagenetLabels,
      signal,
      onProgress: onMessage,
    });
    for (const folder of await importedFolders(imported, model))
      if (folder !== out) await rm(folder, { recursive: true });
  });
  return out;
}

/** Digits of the transformer's hash in the name of the folder made of it. */
const MARK = 12;

async function importedFolder(imported: string, model: KnownModel): Promise<string | undefined> {
  return (await importedFolders(imported, model))[0];
}

/** Folders made of a known model's checkpoints: one, and for a moment two while a newer one replaces it. */
export async function importedFolders(imported: string, { name }: KnownModel): Promise<string[]> {
  const names = await readdir(imported).catch(() => []);
  const ours = names.filter((n) => n.length === name.length + 1 + MARK && n.startsWith(`${name}-`));
  return ours.filter((n) => existsSync(join(imported, n, CONFIG_FILE))).map((n) => join(imported, n));
}
