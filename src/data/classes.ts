/** Classes of data sets: from folder names, values and lists of names to one list and numbers into it. */
import { comparedName, compareNaturally } from "../options/index.ts";
import { type Dataset, DatasetError } from "./dataset.ts";
import { shownName, someNames } from "./left-out.ts";

/** How new class lists are sorted: naturally, or by code unit as runs that began with earlier versions have them. */
export type ClassOrder = "natural" | "code units";

/** Names in order. */
export function sortedNames(names: Iterable<string>, order: ClassOrder = "natural"): string[] {
  return order === "natural" ? [...names].sort(compareNaturally) : [...names].sort();
}

/** From a name, in whatever Unicode form, to its number in a list; undefined where it is not in it. The first of several. */
export function numbersOf(names: readonly string[]): (name: string) => number | undefined {
  const numbers = new Map<string, number>();
  for (const [number, name] of names.entries()) {
    const key = comparedName(name);
    if (!numbers.has(key)) numbers.set(key, number);
  }
  return (name) => numbers.get(comparedName(name));
}

/** @throws DatasetError where two names are one, written in two Unicode forms */
export function expectDistinct(names: readonly string[], where: string): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const key = comparedName(name);
    const before = seen.get(key);
    if (before !== undefined)
      throw new DatasetError(
        where,
        "class names that differ",
        `"${shownName(name)}" twice, composed and decomposed (${escaped(before)} and ${escaped(name)}); merge them`,
      );
    seen.set(key, name);
  }
}

const escaped = (name: string): string =>
  Array.from(name, (c) => (c > "~" ? `\\u{${c.codePointAt(0)!.toString(16)}}` : c)).join("");

/**
 * The same pictures with their classes numbered by another list of names.
 * @throws DatasetError where a picture's class is not in it, or a name is in a list twice and the lists differ
 */
export function withClasses(dataset: Dataset, classes: readonly string[], where: string): Dataset {
  const own = dataset.classes;
  if (own.length === classes.length && own.every((name, i) => comparedName(name) === comparedName(classes[i]!)))
    return { ...dataset, classes };
  expectUnrepeated(own, where);
  expectUnrepeated(classes, where);
  const numberOf = numbersOf(classes);
  const numbers = own.map(numberOf);
  const used = new Set<number>();
  for (let i = 0; i < dataset.length; i++) used.add(dataset.labelOf(i));
  const unknown = own.filter((_, label) => numbers[label] === undefined && used.has(label));
  if (unknown.length > 0)
    throw new DatasetError(where, `the classes ${someNames(classes, 6)}`, `${someNames(unknown, 6)} too`);
  const labelOf = (index: number): number => numbers[dataset.labelOf(index)]!;
  return {
    ...dataset,
    classes,
    labelOf,
    get: async (index) => ({ ...(await dataset.get(index)), label: labelOf(index) }),
  };
}

function expectUnrepeated(names: readonly string[], where: string): void {
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new DatasetError(
      where,
      "each class name once where lists of classes differ",
      `"${shownName(repeated)}" twice`,
    );
}

/** One data set after another; both have the same classes. Closing it closes both. */
export function joined(a: Dataset, b: Dataset): Dataset {
  const at = <T>(index: number, use: (dataset: Dataset, index: number) => T): T =>
    index < a.length ? use(a, index) : use(b, index - a.length);
  const chunksOf = ({ chunks, length }: Dataset, from: number) =>
    (chunks ?? [{ begin: 0, end: length }]).map(({ begin, end }) => ({ begin: begin + from, end: end + from }));
  // Styles are left out: each side has its own list of them.
  const { styles: _styles, styleOf: _styleOf, ...own } = a;
  return {
    ...own,
    length: a.length + b.length,
    ...((a.chunks || b.chunks) && { chunks: [...chunksOf(a, 0), ...chunksOf(b, a.length)] }),
    labelOf: (index) => at(index, (dataset, i) => dataset.labelOf(i)),
    nameOf: (index) => at(index, (dataset, i) => dataset.nameOf(i)),
    get: (index) => at(index, (dataset, i) => dataset.get(i)),
    close: async () => {
      await Promise.all([a.close(), b.close()]);
    },
  };
}
