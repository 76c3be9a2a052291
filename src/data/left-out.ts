/** What a data set's files hold that is not read, by reason. */

/** One reason, how many files or records it holds for, and the first of them by name. */
export interface LeftOut {
  readonly reason: string;
  readonly count: number;
  readonly names: readonly string[];
}

/** How a data set's files were read: part of its data card. */
export interface Reading {
  /** How the files lie, in words. */
  readonly layout: string;
  readonly leftOut: readonly LeftOut[];
}

/** Names kept of each reason. */
const NAMES_KEPT = 5;

/** Counts what is left out. */
export interface LeftOutCount {
  add(reason: string, name: string): void;
  /** By count, the largest first. */
  list(): LeftOut[];
}

export function countLeftOut(): LeftOutCount {
  const counts = new Map<string, { count: number; names: string[] }>();
  return {
    add(reason, name) {
      const known = counts.get(reason) ?? { count: 0, names: [] };
      counts.set(reason, known);
      known.count++;
      if (known.names.length < NAMES_KEPT) known.names.push(name);
    },
    list: () =>
      [...counts]
        .map(([reason, { count, names }]) => ({ reason, count, names }))
        .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)),
  };
}

/** A name as messages show it: control characters escaped, cut after 200 characters. */
export function shownName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const plain = name.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (c) =>
    JSON.stringify(c).slice(1, -1),
  );
  return plain.length > 200 ? `${plain.slice(0, 199)}…` : plain;
}

/** The first few names, in quotes, and how many more of `count` there are. */
export function someNames(names: readonly string[], most = 3, count = names.length): string {
  const shown = names.slice(0, most).map((name) => `"${shownName(name)}"`);
  return count > shown.length ? `${shown.join(", ")} and ${count - shown.length} more` : shown.join(", ");
}
