/** The face for every platform: drafts, and words for what goes wrong with files. */
export { concatArrays } from "./concat.ts";
export { replaceByDraft } from "./draft.ts";
export {
  fileProblem,
  oneLine,
  readProblem,
  sizeText,
  systemErrorMessage,
  writeErrorMessage,
  writeProblem,
} from "./words.ts";
