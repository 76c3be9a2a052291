export {
  type AtomicTarget,
  FileWriteError,
  removeLeftovers,
  writeErrorMessage,
  writeFileAtomic,
} from "./atomic.ts";
