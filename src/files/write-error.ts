/** A file or folder that could not be written, with the reason in words. */
export class FileWriteError extends Error {
  override readonly name = "FileWriteError";
}
