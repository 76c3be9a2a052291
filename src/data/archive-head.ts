/** What archives turn out to be by their first bytes, where they are none: told before a reader stumbles over them. */
import { open } from "node:fs/promises";
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

/** The first bytes of a file; undefined where they cannot be read, which its reader puts into words. */
async function headOf(path: string): Promise<Buffer | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** @throws DatasetError for a file that is empty, a Git LFS pointer or compressed */
export async function expectArchive(path: string, form: ArchiveForm): Promise<void> {
  const head = await headOf(path);
  const other = head && otherFile(head);
  if (other !== undefined) throw new DatasetError(path, FORMS[form], other);
}
