/** Class names: how they compare, how they sort, and how they are told from numbers where people type them. */

/** Longest name that a model folder keeps, in UTF-16 code units. */
export const LONGEST_CLASS_NAME = 200;

/**
 * The form in which names compare, wherever they come from: composed (Unicode NFC). File systems and archives may give
 * decomposed ones. What is shown stays as it was given.
 */
export const comparedName = (name: string): string => name.normalize("NFC");

/** A name without what people type differently: case, and which of spaces, hyphens and underscores stand between words. */
export const looseName = (name: string): string =>
  comparedName(comparedName(name).trim().toLowerCase()).replace(/[\s_-]+/g, " ");

type NameFinder = (text: string) => readonly number[];

/** Finders of lists that were asked about: a server asks about its model's with every request. */
const finders = new WeakMap<readonly string[], NameFinder>();

/**
 * Finds names in a list, which must not change afterwards: first those that are the text itself, else those that are it but
 * for spaces around, else those that are it but for case, spaces, hyphens and underscores.
 * @returns from a text to the places of the names that match, none where nothing does
 */
export function nameFinder(names: readonly string[]): NameFinder {
  const known = finders.get(names);
  if (known !== undefined) return known;
  const finder = buildFinder(names);
  finders.set(names, finder);
  return finder;
}

function buildFinder(names: readonly string[]): NameFinder {
  const forms = [comparedName, (name: string) => comparedName(name).trim(), looseName];
  const tables = forms.map((form) => {
    const places = new Map<string, number[]>();
    names.forEach((name, place) => {
      const key = form(name);
      const known = places.get(key);
      if (known === undefined) places.set(key, [place]);
      else known.push(place);
    });
    return places;
  });
  return (text) => {
    for (const [i, form] of forms.entries()) {
      const found = tables[i]!.get(form(text));
      if (found !== undefined) return found;
    }
    return [];
  };
}

/** How a typed class is to be read: as a name, as an id, or as a name where there is one and else as an id. */
export type ClassText =
  | { readonly reading: "name"; readonly name: string }
  | { readonly reading: "id"; readonly id: number }
  | { readonly reading: "either"; readonly name: string; readonly id: number | undefined };

/** Reads a typed class: `"3"` in double quotes is a name (a doubled quote inside is one), `#3` an id, `3` either. */
export function readClassText(text: string): ClassText {
  const trimmed = text.trim();
  if (trimmed.length > 1 && trimmed.startsWith('"') && trimmed.endsWith('"'))
    return { reading: "name", name: trimmed.slice(1, -1).replaceAll('""', '"') };
  if (/^#\d+$/.test(trimmed)) return { reading: "id", id: Number(trimmed.slice(1)) };
  return { reading: "either", name: text, id: /^\d+$/.test(trimmed) ? Number(trimmed) : undefined };
}

/** Parts between commas, trimmed, empty ones left out. A part in double quotes may hold commas and keeps its quotes. */
export function splitClassTexts(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = endOfPart(text, at);
    const part = text.slice(at, end).trim();
    if (part !== "") parts.push(part);
    at = end + 1;
  }
  return parts;
}

/** Where the part that begins at `from` ends: at a comma or at the text's end. */
function endOfPart(text: string, from: number): number {
  const begin = afterSpaces(text, from);
  if (text[begin] === '"') {
    let close = text.indexOf('"', begin + 1);
    while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
    const end = close < 0 ? -1 : afterSpaces(text, close + 1);
    if (end === text.length || text[end] === ",") return end;
    // A weight may follow the quotes.
    if (text[end] === ":") return commaFrom(text, end);
  }
  return commaFrom(text, from);
}

function commaFrom(text: string, from: number): number {
  const comma = text.indexOf(",", from);
  return comma < 0 ? text.length : comma;
}

function afterSpaces(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at]!.trim() === "") at++;
  return at;
}

/**
 * Natural order, for sorting: runs of the digits 0 to 9 compare by value, everything else by code unit, in composed form.
 * The same on every machine, whatever its language.
 */
export function compareNaturally(a: string, b: string): number {
  const [own, other] = [comparedName(a).split(/(\d+)/), comparedName(b).split(/(\d+)/)];
  for (let i = 0; i < Math.min(own.length, other.length); i++) {
    // Odd places hold the digits.
    const order = i % 2 === 1 ? compareDigits(own[i]!, other[i]!) : compareUnits(own[i]!, other[i]!);
    if (order !== 0) return order;
  }
  return own.length - other.length || compareUnits(a, b);
}

function compareDigits(a: string, b: string): number {
  const [own, other] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")];
  return own.length - other.length || compareUnits(own, other);
}

const compareUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
