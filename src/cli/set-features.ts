/** Features of a set that the workers of a cluster took beside its pictures: kept until the set is judged, and computed here where they are not there. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type FeatureExtractor, partlyKnown, rowsFromBytes, type Sides } from "../evaluate/index.ts";
import { makeFolders, writeFileAtomic } from "../files/index.ts";

/** Which features of a set are wanted, and where they are kept. */
export interface WantedFeatures {
  readonly extractor: FeatureExtractor;
  /** Size that pictures are brought to; their own where undefined. */
  readonly at: Sides | undefined;
  /** Of this set and network alone. */
  readonly folder: string;
}

/** The file of the batch whose first picture has a number. */
const fileOf = (folder: string, first: number): string => join(folder, `${first}.rows`);

export async function keepFeatures({ folder }: WantedFeatures, first: number, bytes: Uint8Array): Promise<void> {
  await makeFolders(folder);
  await writeFileAtomic(fileOf(folder, first), bytes);
}

/** An extractor for one pass over the set in its order. */
export const drawnFeatures = ({ extractor, folder }: WantedFeatures): FeatureExtractor =>
  partlyKnown(extractor, async (first) => {
    const file = fileOf(folder, first);
    const bytes = await readFile(file).catch(() => undefined);
    return bytes === undefined ? undefined : rowsFromBytes(bytes, file);
  });
