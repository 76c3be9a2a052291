/**
 * Files of named tensors and arrays: `.pth`, safetensors, `.npz`. Names to arrays and back; knows no models.
 * Readers take a path or any `ByteSource`, so that they work on bytes in a browser; file access lies in
 * `source-node.ts`, which asks the process for Node's modules on first use.
 */

export { float16ToFloat32, float32ToFloat16, fromFloat32, toFloat32 } from "./convert.ts";
export { crc32, crc32Of } from "./crc32.ts";
export { CheckpointError } from "./error.ts";
export { encodeNpyHeader, type NpyArray, npyArray } from "./npy.ts";
export {
  type NpyStream,
  type NpzEntries,
  type NpzEntry,
  type NpzFile,
  openNpz,
  readNpz,
  writeNpz,
  writeNpzTo,
} from "./npz.ts";
export { openPthStateDict, openTensorFile } from "./open.ts";
export { openPth, type PthValue } from "./pth-read.ts";
export { PthTensor } from "./pth-tensor.ts";
export { type PthWritable, writePth, writePthTo } from "./pth-write.ts";
export { openSafetensors, writeSafetensors, writeSafetensorsTo } from "./safetensors.ts";
export { detectFormat } from "./sniff.ts";
export { type ByteSink, type ByteSource, bytesSource, memorySink } from "./source.ts";

export {
  countElements,
  type StoredDType,
  type TensorEntry,
  type TensorFile,
  type TensorSource,
  tensorSource,
} from "./types.ts";
export { zipWriter } from "./zip-write.ts";
