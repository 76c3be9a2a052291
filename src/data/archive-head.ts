/** What archives turn out to be by their first bytes, where they are none: told before a reader stumbles over them. */
import { readHead } from "../files/index.ts";
import { DatasetError } from "./dataset.ts";
import type { ArchiveForm } from "./tree.ts";

const FORMS: Readonly<Record<ArchiveForm, string>> = {
  npz: "a NumPy archive",
  parquet: "a Parquet file",
  webdataset: "a tar archive",
};

/** What a file is whose first bytes these are; undefined where they may be an archive's. */
function otherFile(head: Buffer): string | undefined {
  if (head.length === 0) return "an empty file";
  if (head.toString("latin1").startsWith("version https://git-lfs"))
    return "a Git LFS pointer, which only names the file; fetch the file itself (git lfs pull)";
  if (head[0] === 0x1f && head[1] === 0x8b) return "a file compressed by gzip; unpack it first";
  return undefined;
}

/** @throws DatasetError for a file that is empty, a Git LFS pointer or compressed */
export async function expectArchive(path: string, form: ArchiveForm): Promise<void> {
  // What cannot be read its reader puts into words.
  const head = await readHead(path, 64);
  const other = head && otherFile(head);
  if (other !== undefined) throw new DatasetError(path, FORMS[form], other);
}
