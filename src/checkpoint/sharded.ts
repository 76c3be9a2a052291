/** Checkpoints in several files, as Hugging Face's libraries write them: shards, and an index that says where each tensor lies. */
import { CheckpointError, quote, reason } from "./error.ts";
import { findDuplicateKey } from "./json-keys.ts";
import { type ByteSource, orClose } from "./source.ts";
import type { TensorEntry, TensorFile } from "./types.ts";

/** Indices of real models are a few megabytes. */
const MOST_INDEX_BYTES = 64 << 20;
const MOST_SHARDS = 1000;

/** A JSON text as tensor names to files beside the index. @throws CheckpointError for anything else */
async function readShardIndex(source: ByteSource): Promise<Map<string, string>> {
  const fail = (got: string) =>
    new CheckpointError(source.name, "an index of shards (weight_map: tensor to file)", got);
  if (source.size > MOST_INDEX_BYTES) throw fail(`${source.size} bytes`);
  let json: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await source.read(0, source.size));
    json = JSON.parse(text);
    const twice = findDuplicateKey(text);
    if (twice !== undefined) throw new TypeError(`the key ${quote(twice)} twice`);
  } catch (error) {
    throw fail(reason(error));
  }
  const map = typeof json === "object" && json !== null && "weight_map" in json ? json.weight_map : undefined;
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw fail("JSON without one");
  const places = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    const isName = typeof file === "string" && /^[^/\\:\0]{1,255}$/.test(file) && !/^\.\.?$/.test(file);
    if (!isName) throw fail(`${quote(String(file))} for ${quote(name)}, which is no name of a file beside it`);
    places.set(name, file);
  }
  if (places.size === 0) throw fail("one without tensors");
  return places;
}

/**
 * The tensors of all shards as one file.
 * @param open opens a file beside the index, by its name
 * @throws CheckpointError where a shard is missing, or holds other tensors than the index says
 */
export async function openShards(source: ByteSource, open: (file: string) => Promise<TensorFile>): Promise<TensorFile> {
  const places = await readShardIndex(source);
  const names = [...new Set(places.values())].sort();
  if (names.length > MOST_SHARDS)
    throw new CheckpointError(source.name, `at most ${MOST_SHARDS} shards`, `${names.length}`);
  const shards = new Map<string, TensorFile>();
  const close = async (): Promise<void> => {
    await Promise.all([source, ...shards.values()].map((one) => one.close()));
  };
  return orClose({ close }, async () => {
    for (const name of names) shards.set(name, await open(name));
    return {
      format: [...shards.values()][0]!.format,
      tensors: joined(source, places, shards),
      metadata: {},
      notes: [...new Set([...shards.values()].flatMap(({ notes }) => notes))],
      async verify() {
        for (const shard of shards.values()) await shard.verify();
      },
      close,
    };
  });
}

function joined(
  source: ByteSource,
  places: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, TensorFile>,
): Map<string, TensorEntry> {
  const tensors = new Map<string, TensorEntry>();
  for (const [name, file] of places) {
    const tensor = shards.get(file)!.tensors.get(name);
    if (tensor === undefined)
      throw new CheckpointError(source.name, `the tensor ${quote(name)} in ${quote(file)}`, "none there");
    tensors.set(name, tensor);
  }
  for (const [file, { tensors: held }] of shards)
    for (const name of held.keys())
      if (places.get(name) !== file)
        throw new CheckpointError(
          source.name,
          `the shards' tensors in the index`,
          `${quote(name)} in ${quote(file)} only`,
        );
  return tensors;
}
