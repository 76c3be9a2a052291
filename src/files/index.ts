export { isStream, removeLeftovers, writeFileAtomic } from "./atomic.ts";
export { temporaryName } from "./draft.ts";
export { makeFolders, notAFolder } from "./folders.ts";
export { type JsonDifference, jsonDifferences, jsonText } from "./json-differences.ts";
export { isLitter } from "./litter.ts";
export { builtWorker, packageRoot, userCache } from "./places.ts";
export { fileDigest, readHead, readInput, readWholeFile } from "./read.ts";
export * from "./web.ts";
export { FileWriteError } from "./words.ts";
