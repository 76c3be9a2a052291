/** Characters of a name that are kept: with what is added, the longest name that a file system takes stays one. */
const KEPT = 40;

/** The hidden name beside a file or folder that it is written under until it is whole. */
export function temporaryName(name: string, mark: string): string {
  return `.${[...name].slice(0, KEPT).join("")}.${mark}.tmp`;
}
