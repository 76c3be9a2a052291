// Names of emoji: the Unicode label as a class name and as the icon name that sets without code points use.

/**
 * The label as a class name: lower case, without what the class syntax of the commands uses (commas, colons, quotes).
 * @param {string} label
 */
export function nameOf(label) {
  return label
    .normalize("NFC")
    .toLowerCase()
    .replace(/[“”"'’,!]/g, "")
    .replace(/:/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/**
 * The label as icon names are made of it: letters and digits joined by hyphens.
 * @param {string} label
 */
export function slugOf(label) {
  return label
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f’'.!“”(),:]/g, "")
    .replace(/&/g, "and")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/**
 * Code points by slug: of every label, then of the short names that people type where no label has that slug.
 * @param {ReadonlyMap<string, { label: string, shortNames: readonly string[] }>} unicode by code
 * @returns {Map<string, string>}
 */
export function codesBySlug(unicode) {
  /** @type {Map<string, string>} */
  const codes = new Map();
  for (const [code, { label }] of unicode) if (!codes.has(slugOf(label))) codes.set(slugOf(label), code);
  for (const [code, { shortNames }] of unicode)
    for (const name of shortNames) if (!codes.has(slugOf(name))) codes.set(slugOf(name), code);
  return codes;
}
