export {
  isStream,
  removeLeftovers,
  writeFileAtomic,
} from "./atomic.ts";
export { userCache } from "./cache-folder.ts";
export { fileDigest } from "./digest.ts";
export { makeFolders, notAFolder } from "./folders.ts";
export { type JsonDifference, jsonDifferences, jsonText } from "./json-differences.ts";
export { isLitter } from "./litter.ts";
export { readInput, readWholeFile } from "./read.ts";
export { temporaryName } from "./temporary.ts";
export * from "./web.ts";
export { FileWriteError } from "./write-error.ts";
