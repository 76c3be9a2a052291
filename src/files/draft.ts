/** Drafts of files and folders. Node's modules are asked of the process and never imported, so that browsers may import this file. */

/**
 * Fills a hidden draft beside `path` and renames it into place: the name holds either what was there or the whole new file or
 * folder. On any failure the draft is removed and the old one stays.
 * @throws whatever `fill` throws; errors of the rename as the system has them.
 */
export async function replaceByDraft(path: string, fill: (draft: string) => Promise<void>): Promise<void> {
  const { rename, rm } = process.getBuiltinModule("node:fs/promises");
  const { basename, dirname, join } = process.getBuiltinModule("node:path");
  const draft = join(dirname(path), temporaryName(basename(path), crypto.randomUUID().slice(-12)));
  try {
    await fill(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

/** Characters of a name that are kept: with what is added, the longest name that a file system takes stays one. */
const KEPT = 40;

/** The hidden name beside a file or folder that it is written under until it is whole. */
export function temporaryName(name: string, mark: string): string {
  return `.${[...name].slice(0, KEPT).join("")}.${mark}.tmp`;
}
