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
    "lost+found",
    "Thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "Icon\r",
  ].map((name) => name.toLowerCase()),
);

/**
 * Whether a file or folder of this name is litter: hidden (its name begins with a dot, as `.DS_Store`, `._x`,
 * `.ipynb_checkpoints`), an office program's lock (`~$x`), or among the names that systems use.
 */
export function isLitter(name: string): boolean {
  return name.startsWith(".") || name.startsWith("~$") || LITTER.has(name.toLowerCase());
}
