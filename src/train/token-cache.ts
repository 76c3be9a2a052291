/** A data set's tokens at every square grid, encoded once and kept in one file. */
import { createHash } from "node:crypto";
import { openSafetensors, tensorSource, writeSafetensors } from "../checkpoint/index.ts";
import {
  type AugmentOptions,
  type Batch,
  type Dataset,
  orderedBatches,
  type Transform,
  transformPlanes,
} from "../data/index.ts";
import { program } from "../engine/index.ts";
import { declareTokenizer, downsampling, type TokenizerConfig } from "../models/index.ts";
import { paramTensors } from "../nn/index.ts";
import type { Runtime, Weights } from "../runtime/index.ts";
import { tellingOnce } from "./data.ts";
import { areaValue, encodeProgram, pooledTokens } from "./tokenizer-objective.ts";

export interface TokenCache {
  /** Pictures of the data set. */
  readonly pictures: number;
  /** Cached forms of each picture: plain, mirrored, augmented copies, and then one of each told transform. */
  readonly copies: number;
  /** The first of the told transforms among them. */
  readonly told: number;
  /** Class of each picture. */
  readonly labels: Int32Array;
  /** Pictures that could be decoded; the others have no tokens. */
  readonly readable: Int32Array;
  /** Code ids [s·s] of a picture's copy at grid s×s; a view. */
  tokens(side: number, picture: number, copy: number): Int32Array;
}

export interface CacheOptions {
  readonly size: number;
  readonly augment: AugmentOptions;
  readonly augmentedCopies: number;
  readonly transforms?: readonly Transform[];
  readonly seed: number;
}

/** The tokenizer that a cache is made with. */
export interface CacheTokenizer {
  readonly model: { readonly tokenizer: TokenizerConfig };
  readonly weights: Weights;
  /** sha256 of its weights. */
  readonly hash: string;
}

const ENCODE_BATCH = 32;

/**
 * Reads the cache at `path` where it was made from the same pictures, options and tokenizer; else encodes the
 * data set and writes it.
 */
export async function openTokenCache(
  path: string,
  dataset: Dataset,
  options: CacheOptions,
  runtime: Runtime,
  tokenizer: CacheTokenizer,
  log: (line: string) => void,
): Promise<TokenCache> {
  const views = copyViews(options);
  const labels = Int32Array.from({ length: dataset.length }, (_, i) => dataset.labelOf(i));
  const pictures = namesDigest(dataset);
  const key = JSON.stringify({ tokenizerHash: tokenizer.hash, pictures, options, format: 2 });
  const stored = await readCache(path, key);
  const grids = stored ?? (await encodeAll(dataset, options, views, runtime, tokenizer, log));
  if (stored === undefined) await writeCache(path, key, grids, dataset.length * views.length);
  const readable = Int32Array.from(labels.keys()).filter((i) => grids[0]![i]! >= 0);
  if (readable.length < dataset.length)
    log(`tokens: ${dataset.length - readable.length} of ${dataset.length} pictures are corrupt and left out`);
  return {
    pictures: dataset.length,
    copies: views.length,
    told: views.length - (options.transforms?.length ?? 0),
    labels,
    readable,
    tokens(s, picture, copy) {
      const at = (copy * dataset.length + picture) * s * s;
      return grids[s - 1]!.subarray(at, at + s * s);
    },
  };
}

/** sha256 of all pictures' names in order: tokens belong to places in it. */
function namesDigest(dataset: Dataset): string {
  const hash = createHash("sha256");
  for (let i = 0; i < dataset.length; i++) hash.update(`${dataset.nameOf(i)}\0`);
  return hash.digest("hex");
}

interface CopyView {
  readonly augment?: AugmentOptions;
  readonly transform?: Transform;
}

function copyViews({ augment, augmentedCopies, transforms = [] }: CacheOptions): CopyView[] {
  const plain: AugmentOptions = { crop: [1, 1], flip: 0, scale: [1, 1], shift: 0, surround: augment.surround };
  return [
    {},
    ...(augment.flip > 0 ? [{ augment: { ...plain, flip: 1 } }] : []),
    ...Array.from({ length: augmentedCopies }, () => ({ augment })),
    ...transforms.map((transform) => ({ augment: { ...augment, flip: 0 }, transform })),
  ];
}

async function encodeAll(
  dataset: Dataset,
  options: CacheOptions,
  views: readonly CopyView[],
  runtime: Runtime,
  { model: { tokenizer: config }, weights }: CacheTokenizer,
  log: (line: string) => void,
): Promise<Int32Array[]> {
  const side = options.size / downsampling(config);
  const p = paramTensors(declareTokenizer(config));
  const encoder = await runtime.open(encodeProgram(config), { weights });
  const quantise = await runtime.open(program("quantise", { tokens: pooledTokens(p, config) }), { weights });
  const total = dataset.length * views.length;
  const grids = Array.from({ length: side }, (_, i) => new Int32Array(total * (i + 1) ** 2).fill(-1));
  const pools = grids.map((_, i) => areaValue(runtime, side, i + 1));
  const onCorrupt = tellingOnce(log);
  const encode = async ({ images, indices, count }: Batch, copy: number): Promise<void> => {
    const { transform } = views[copy]!;
    const seen = transform ? transformPlanes(images, options.size, transform) : images;
    const { latent } = await encoder.run({ image: runtime.floats(seen, [count, 3, options.size, options.size]) });
    for (const [i, grid] of grids.entries()) {
      const cells = (i + 1) ** 2;
      const { tokens } = await quantise.run({ latent: latent!, rows: pools[i]!, columns: pools[i]! });
      const ids = Int32Array.from(tokens!.data as BigInt64Array, Number);
      for (let row = 0; row < count; row++)
        grid.set(ids.subarray(row * cells, (row + 1) * cells), (copy * dataset.length + indices[row]!) * cells);
    }
  };
  try {
    for (const [copy, { augment }] of views.entries()) {
      const view = { seed: options.seed + copy, ...(augment && { augment }), onCorrupt };
      for await (const batch of orderedBatches(dataset, options.size, ENCODE_BATCH, view)) await encode(batch, copy);
      log(`tokens: copy ${copy + 1} of ${views.length} encoded (${dataset.length} pictures)`);
    }
  } finally {
    await Promise.all([encoder.dispose(), quantise.dispose()]);
  }
  return grids;
}

const nameOf = (side: number): string => `tokens_${String(side).padStart(3, "0")}`;

async function readCache(path: string, key: string): Promise<Int32Array[] | undefined> {
  const file = await openSafetensors(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    if (file.metadata.key !== key) return undefined;
    const grids: Int32Array[] = [];
    for (let side = 1; file.tensors.has(nameOf(side)); side++) {
      const bytes = await file.tensors.get(nameOf(side))!.read();
      grids.push(new Int32Array(bytes.slice().buffer));
    }
    return grids;
  } finally {
    await file.close();
  }
}

async function writeCache(path: string, key: string, grids: readonly Int32Array[], rows: number): Promise<void> {
  const tensors = grids.map((data, i) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [nameOf(i + 1), tensorSource("int32", [rows, i + 1, i + 1], bytes)] as const;
  });
  await writeSafetensors(path, tensors, { key });
}
