/**
 * Training data: labelled pictures from folders and archives, shuffled by seed, decoded on sharp's threads, augmented and
 * put into batches for a network. Runs in Node.
 */
export { type AugmentOptions, centreView, checkAugment, writeView } from "./augment.ts";
export { type Batch, batches, orderedBatches, type StreamPosition } from "./batches.ts";
export { describeDataset, formatDataCard } from "./card.ts";

export { CorruptImageError, type Dataset, type Example } from "./dataset.ts";

export type { NpzSplit } from "./npz.ts";
export { type OpenOptions, openDataset, openSides } from "./open.ts";

export { resample } from "./resample.ts";
export { openPictureStream, type PictureStream } from "./stream.ts";
export { holdOut, subset } from "./subset.ts";
export { type Transform, transformPlanes } from "./transform.ts";
export { filesBelow, listPictures } from "./tree.ts";
