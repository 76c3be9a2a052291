/** Files that the page hands over. */

/** How long an address outlives the click, so that the browser can begin with it. */
const REVOKED_AFTER_MS = 10_000;

export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), REVOKED_AFTER_MS);
}

/** A text as a part of a file's name, on every system. */
export const forFileName = (text: string): string => text.replaceAll(/[\s/\\:*?"<>|]+/g, "-") || "picture";
