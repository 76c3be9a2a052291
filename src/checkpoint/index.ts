/**
 * Files of named tensors and arrays: `.pth`, safetensors, `.npz`. Names to arrays and back; knows no models.
 * Readers take a path or any `ByteSource`, so that they work on bytes in a browser; file access lies in
 * `source-node.ts`, which asks the process for Node's modules on first use.
 */

export * from "./convert.ts";
export * from "./crc32.ts";
export * from "./error.ts";
export * from "./npy.ts";
export * from "./npz.ts";
export * from "./open.ts";
export * from "./pth-read.ts";
export * from "./pth-tensor.ts";
export * from "./pth-write.ts";
export * from "./safetensors.ts";
export * from "./sniff.ts";
export * from "./source.ts";
export * from "./types.ts";
export * from "./zip-write.ts";
