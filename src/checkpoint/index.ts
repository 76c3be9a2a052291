/**
 * Files of named tensors and arrays: `.pth`, safetensors, `.npz`. Names to arrays and back; knows no models.
 * Readers take a path or any `ByteSource`, so that they work on bytes in a browser; file access lies in
 * `source-node.ts`, which asks the process for Node's modules on first use.
 */

export {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBFloat16,
  float32ToFloat16,
  fromFloat32,
  toFloat32,
} from "./convert.ts";
export { crc32 } from "./crc32.ts";
export { CheckpointError } from "./error.ts";
export {
  decodeNpy,
  encodeNpyHeader,
  type NpyArray,
  type NpyDType,
  type NpyHeader,
  type NpyTypes,
  npyArray,
} from "./npy.ts";
export { type NpzEntry, type NpzFile, openNpz, readNpz } from "./npz-read.ts";
export { type NpyStream, type NpzEntries, writeNpz, writeNpzTo } from "./npz-write.ts";
export { openPthStateDict, openTensorFile } from "./open.ts";
export type { PickleKey } from "./pickle-values.ts";
export type { PthWritable } from "./pickle-write.ts";
export { openPth, type PthFile, type PthValue } from "./pth-read.ts";
export { PthTensor } from "./pth-tensor.ts";
export { writePth, writePthTo } from "./pth-write.ts";
export { openSafetensors } from "./safetensors-read.ts";
export { type NamedTensors, writeSafetensors, writeSafetensorsTo } from "./safetensors-write.ts";
export { describeFormat, detectFormat, type FileFormat, type Sniffed, sniff } from "./sniff.ts";
export { type ByteSink, type ByteSource, bytesSource, memorySink } from "./source.ts";
export { openFile, writeAtomically } from "./source-node.ts";
export { type FoundStateDict, findStateDict } from "./state-dict.ts";
export {
  countElements,
  itemSizes,
  type StoredDType,
  type TensorEntry,
  type TensorFile,
  type TensorSource,
  tensorSource,
} from "./types.ts";
export { type Chunks, type ZipWriter, zipWriter } from "./zip-write.ts";
