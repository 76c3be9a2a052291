/** The face for every platform: words for what goes wrong with files. */
export { temporaryName } from "./temporary.ts";
export { fileProblem, oneLine, readProblem, systemErrorMessage, writeErrorMessage, writeProblem } from "./words.ts";
