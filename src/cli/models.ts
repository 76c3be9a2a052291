import type { Command } from "commander";
import { sizeText } from "../files/index.ts";
import { bytesUnder, cachedModels, type HubPlaces, hubPlaces, knownModels, removeModel } from "../hub/node.ts";
import { shippedModels } from "../pretrained/node.ts";
import { textColumns } from "../report/index.ts";
import type { CommandWork, Outcome } from "./command.ts";
import { UsageError } from "./errors.ts";
import { shownPath } from "./model.ts";

/** `flexvar models`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Lists the models that --model takes by name: shipped ones, those in the cache, those that can be pulled; or takes one out of the cache.",
    )
    .argument("[rm]", "rm removes a model from the cache; blobs that another model uses stay")
    .argument("[NAME]", "the model to remove");
  return { examples: ["flexvar models", "flexvar models rm flexvar-d16"], work: models };
}

async function models([verb, name]: readonly (string | undefined)[]): Promise<Outcome> {
  const places = hubPlaces();
  if (verb === undefined) return list(places);
  if (verb !== "rm" || name === undefined)
    throw new UsageError(`models: expected nothing or rm NAME, got ${[verb, name].filter(Boolean).join(" ")}`);
  const freed = await removeModel(name, places);
  if (freed === undefined) {
    const there = (await cachedModels(places)).map((model) => model.name);
    throw new UsageError(
      `models rm: expected ${there.join(", ") || "a model in the cache (there is none)"}, got "${name}"`,
    );
  }
  return { json: { removed: name, bytes: freed }, text: `${name} removed: ${sizeText(freed)} free` };
}

async function list(places: HubPlaces): Promise<Outcome> {
  const shipped = await Promise.all(
    shippedModels().map(async ({ name, folder }) => ({
      name,
      state: "shipped",
      folder,
      bytes: await bytesUnder(folder),
    })),
  );
  const cached = (await cachedModels(places)).map((model) => ({ ...model, state: "cached" }));
  const here = new Set(cached.map(({ name }) => name));
  const known = knownModels
    .filter(({ name }) => !here.has(name))
    .map(({ name, about, parameters }) => ({ name, state: "to pull", about, parameters_million: parameters }));
  const rows = [
    ...[...shipped, ...cached].map(({ name, state, bytes, folder }) => [
      name,
      state,
      sizeText(bytes),
      shownPath(folder),
    ]),
    ...known.map(({ name, state, about, parameters_million }) => [
      name,
      state,
      `${parameters_million} M`,
      `parameters; ${about}`,
    ]),
  ];
  return {
    json: { models: [...shipped, ...cached, ...known], cache: places.settings.cache, imported: places.imported },
    text: textColumns(rows),
  };
}
