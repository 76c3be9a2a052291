/** Groups of a judge's classes: in files by the names of their members, in programs by numbers. */
import type { ClassGroup } from "../evaluate/index.ts";

type NamedGroups = Readonly<Record<string, readonly string[]>>;

/** @throws Error naming a member that is no label */
export function groupsOfNames(groups: NamedGroups, labels: readonly string[], where: string): ClassGroup[] {
  const numbers = new Map(labels.map((label, number) => [label, number]));
  return Object.entries(groups).map(([name, members]) => ({
    name,
    members: members.map((member) => {
      const number = numbers.get(member);
      if (number === undefined)
        throw new Error(`${where}: expected members of group "${name}" that are labels, got "${member}"`);
      return number;
    }),
  }));
}

export const namesOfGroups = (config: {
  readonly groups: readonly ClassGroup[];
  readonly labels: readonly string[];
}): Record<string, string[]> =>
  Object.fromEntries(config.groups.map(({ name, members }) => [name, members.map((member) => config.labels[member]!)]));
