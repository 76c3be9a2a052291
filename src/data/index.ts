/**
 * Training data: labelled pictures from folders and archives, shuffled by seed, decoded on sharp's threads, augmented and
 * put into batches for a network. Runs in Node.
 */
export {
  type AugmentOptions,
  centreView,
  checkAugment,
  drawingAugment,
  drawView,
  paperAugment,
  type Range,
  writeView,
} from "./augment.ts";
export { type Batch, type BatchOptions, batches, orderedBatches, type StreamPosition } from "./batches.ts";
export { type CardOptions, type DataCard, describeDataset, formatDataCard } from "./card.ts";
export type { ClassOrder } from "./classes.ts";
export { type Chunk, CorruptImageError, type Dataset, DatasetError, type Example, type Picture } from "./dataset.ts";
export { type DecodeOptions, decodePicture } from "./decode.ts";
export { type LeftOut, type Reading, shownName } from "./left-out.ts";
export { type NpzDataset, type NpzOptions, type NpzSplit, openNpzDataset } from "./npz.ts";
export { type DataFormat, dataFormats, detectDataFormat, type OpenOptions, openDataset, openSides } from "./open.ts";
export { epochOrder } from "./order.ts";
export { openParquet, type ParquetOptions } from "./parquet.ts";
export { resample, type Surround, type View } from "./resample.ts";
export { openPictureStream, type PictureStream, type StreamOptions } from "./stream.ts";
export { holdOut, subset } from "./subset.ts";
export { type Transform, transformPlanes } from "./transform.ts";
export { filesBelow, listPictures } from "./tree.ts";
export { openWebDataset, type WebDatasetOptions } from "./webdataset.ts";
