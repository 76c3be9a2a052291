export { isStream, removeLeftovers, writeFileAtomic } from "./atomic.ts";
export { userCache } from "./cache-folder.ts";
export { temporaryName } from "./draft.ts";
export { makeFolders, notAFolder } from "./folders.ts";
export { type JsonDifference, jsonDifferences, jsonText } from "./json-differences.ts";
export { isLitter } from "./litter.ts";
export { fileDigest, readInput, readWholeFile } from "./read.ts";
export * from "./web.ts";
export { FileWriteError } from "./words.ts";
