/** Features of a batch as bytes, and back: for those that were computed elsewhere. */
import { FileError } from "../errors/index.ts";
import { parseJson } from "../json/index.ts";
import type { FeatureExtractor, FeatureRows } from "./features.ts";
import type { PlacedRows } from "./moments.ts";

const PARTS = ["features", "spatial", "logits", "shallow", "fine", "coarse"] as const;
type Part = (typeof PARTS)[number];
/** Length in bytes of what comes before the numbers: a whole number of float32. */
const HEAD = 256;

/** A head in JSON, blanks up to {@link HEAD} bytes, then each part's numbers as float32 in the processor's order. */
export function rowsToBytes({ details, ...rows }: FeatureRows): Uint8Array {
  const placed = { fine: details?.fine, coarse: details?.coarse };
  const arrays = { ...rows, shallow: details?.shallow, fine: details?.fine.data, coarse: details?.coarse.data };
  const parts = PARTS.flatMap((name) => {
    const data = arrays[name];
    const form = name === "fine" || name === "coarse" ? placed[name] : undefined;
    return data === undefined ? [] : [{ data, head: [name, data.length, form?.places ?? 1, form?.width ?? 0] }];
  });
  const head = JSON.stringify(parts.map((part) => part.head)).padEnd(HEAD);
  const bytes = parts.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([Buffer.from(head), ...bytes]);
}

/** @throws FileError naming `where` for bytes that {@link rowsToBytes} did not make */
export function rowsFromBytes(bytes: Uint8Array, where: string): FeatureRows {
  const copy = new Uint8Array(bytes);
  const heads = parseJson(Buffer.from(copy.subarray(0, HEAD)).toString("latin1"), where);
  const found = new Map<Part, PlacedRows>();
  let at = HEAD;
  for (const head of Array.isArray(heads) ? heads : []) {
    const [name, length, places, width] = head as [Part, number, number, number];
    if (!PARTS.includes(name) || at + 4 * length > copy.length) break;
    found.set(name, { data: new Float32Array(copy.buffer, at, length), places, width });
    at += 4 * length;
  }
  const features = found.get("features")?.data;
  if (features === undefined || at !== copy.length) throw new FileError(where, "features of pictures", "other bytes");
  const [spatial, logits, shallow] = (["spatial", "logits", "shallow"] as const).map((name) => found.get(name)?.data);
  const [fine, coarse] = [found.get("fine"), found.get("coarse")];
  return {
    features,
    ...(spatial && { spatial }),
    ...(logits && { logits }),
    ...(shallow && fine && coarse && { details: { shallow, fine, coarse } }),
  };
}

/**
 * An extractor for one pass over a set whose features are known in part: batches are asked for in order, and computed where they are not known.
 * @param known rows of the batch whose first picture has a number
 */
export function partlyKnown(
  extractor: FeatureExtractor,
  known: (first: number) => Promise<FeatureRows | undefined>,
): FeatureExtractor {
  let next = 0;
  return {
    ...extractor,
    async extract(batch) {
      const first = next;
      next += batch.count;
      return (await known(first)) ?? (await extractor.extract(batch));
    },
  };
}
