export {
  type AtomicTarget,
  FileWriteError,
  removeLeftovers,
  writeErrorMessage,
  writeFileAtomic,
} from "./atomic.ts";
export { type JsonDifference, jsonDifferences, jsonText } from "./json-differences.ts";
