/** What systems and programs leave in folders of their own accord: the one list for every command and every level. */

const LITTER = new Set(
  [
    "__MACOSX",
    "__pycache__",
    "@eaDir",
    "@Recycle",
    "@Recently-Snapshot",
    "#recycle",
    "#snapshot",
    "$RECYCLE.BIN",
    "System Volume Information",
    "Network Trash Folder",
    "Temporary Items",
    "_gsdata_",
    "lost+found",
    "Thumbs.db",
    "Thumbs.db:encryptable",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "Icon\r",
  ].map((name) => name.toLowerCase()),
);

/**
 * Whether a file or folder of this name is litter: hidden (its name begins with a dot, as `.DS_Store`, `._x`,
 * `.ipynb_checkpoints`), an office program's lock (`~$x`), what Windows notes about a download (`x:Zone.Identifier`), or among the names that systems use.
 */
export function isLitter(name: string): boolean {
  const lower = name.toLowerCase();
  return name.startsWith(".") || name.startsWith("~$") || lower.endsWith(":zone.identifier") || LITTER.has(lower);
}
