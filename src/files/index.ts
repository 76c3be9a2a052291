export {
  type AtomicTarget,
  FileWriteError,
  removeLeftovers,
  writeErrorMessage,
  writeFileAtomic,
} from "./atomic.ts";
export { type JsonDifference, jsonDifferences, jsonText } from "./json-differences.ts";
export { isLitter } from "./litter.ts";
export { fileProblem, readWholeFile } from "./read.ts";
