/** Class ids and names, as users type them. */
import { OptionError } from "../errors/index.ts";
import { nameFinder, nearLabels, readClassText, splitClassTexts } from "../options/index.ts";
import { createRandom } from "../sampling/index.ts";
import type { ModelConfig } from "./config.ts";

/** Classes whose embeddings are summed by weight. */
export type ClassMix = readonly { readonly id: number; readonly weight: number }[];

/** What a text or number asks for: one class, or a group of classes of which every picture draws a member. */
export interface ClassPick {
  /** The class's id, or those of the group's members, or those of a mix, the heaviest first. */
  readonly ids: readonly number[];
  /** What to sum in place of one class. */
  readonly mix?: ClassMix;
  /** The group's name, where it is one. */
  readonly group?: string;
}

/** What a model's classes are called. */
export type ClassNames = Pick<ModelConfig, "id2label" | "groups">;

/** Names of groups, one list for each table of them. */
const namesOfGroups = new WeakMap<object, readonly string[]>();

function groupNamesOf(groups: NonNullable<ClassNames["groups"]>): readonly string[] {
  const names = namesOfGroups.get(groups) ?? Object.keys(groups);
  namesOfGroups.set(groups, names);
  return names;
}

/** A model without groups. */
const NO_GROUPS = {};

/**
 * What ids and names ask for. A number is an id. A text is the name of a class where there is one (compared composed; then
 * whatever the case, spaces, hyphens and underscores), else that of a group, else an id; `"3"` in quotes is a name only and
 * `#3` an id only. Where neither a name nor an id is meant, `cat face:0.6,tiger face:0.4` is a mix of classes; so are texts with weights that
 * follow each other, each of one class.
 * @throws OptionError naming near names, the ids among which a name does not choose, or the range of ids.
 */
export function classPicksOf(
  given: readonly (number | string)[],
  { id2label, groups = NO_GROUPS }: ClassNames,
  numClasses: number,
): ClassPick[] {
  const find = nameFinder(id2label);
  const groupNames = groupNamesOf(groups);
  const findGroup = nameFinder(groupNames);
  const membersOf = (name: string): ClassPick | undefined => {
    const [place] = findGroup(name);
    if (place === undefined) return undefined;
    const group = groupNames[place]!;
    return { group, ids: groups[group]!.map((member) => find(member)[0]!) };
  };
  const refuseGroup = (name: string): undefined => {
    if (membersOf(name) === undefined) return undefined;
    throw new OptionError("classLabels", "classes in a mix", `the group "${name}"`);
  };
  const picks: ClassPick[] = [];
  // A text of one weighted class goes on with the mix that such a text before it began.
  let open = false;
  for (const one of given) {
    const isNamed = typeof one === "string" && (find(one).length > 0 || membersOf(one) !== undefined);
    const parts = typeof one === "string" && !isNamed ? weightedParts(one) : undefined;
    if (parts === undefined) {
      picks.push(
        typeof one === "number" ? { ids: [one] } : pickOfText(one, find, membersOf, () => [...id2label, ...groupNames]),
      );
      open = false;
    } else {
      const own = parts.map(({ name, weight }) => ({
        id: pickOfText(name, find, refuseGroup, () => id2label).ids[0]!,
        weight,
      }));
      const goesOn = open && parts.length === 1;
      const mix = [...(goesOn ? picks.pop()!.mix! : []), ...own];
      if (mix.length > MOST_MIXED)
        throw new OptionError("classLabels", `at most ${MOST_MIXED} classes in a mix`, mix.length);
      picks.push(mixOf(mix));
      open = parts.length === 1;
    }
    if (picks.at(-1)!.ids.some((id) => !Number.isInteger(id) || id < 0 || id >= numClasses))
      throw new OptionError("classLabels", `an id from 0 to ${numClasses - 1}`, one);
  }
  return picks;
}

/** The heaviest class stands for a mix where one must; the first of equals. */
const mixOf = (mix: ClassMix): ClassPick => ({
  ids: [...mix].sort((a, b) => b.weight - a.weight).map(({ id }) => id),
  mix,
});

/** Most terms of a mix, and digits of a weight after the point: what a mix is written as must be read again. */
const MOST_MIXED = 16;
const WEIGHT_DIGITS = 6;

/** `NAME:WEIGHT` between commas; undefined for any other text. @throws OptionError for a weight that is none */
function weightedParts(text: string): { name: string; weight: number }[] | undefined {
  const parts = splitClassTexts(text).map((part) => {
    const colon = part.lastIndexOf(":");
    const weight = part.slice(colon + 1).trim();
    return colon > 0 && /^\d{0,3}(\.\d{1,20})?$/.test(weight) && weight !== ""
      ? { name: part.slice(0, colon), weight: Number(Number(weight).toFixed(WEIGHT_DIGITS)) }
      : undefined;
  });
  if (parts.length === 0 || parts.some((part) => part === undefined)) return undefined;
  const bad = parts.find((part) => !(part!.weight > 0 && part!.weight <= 10));
  if (bad !== undefined) throw new OptionError("classLabels", "weights from 0.000001 to 10", `"${text}"`);
  return parts as { name: string; weight: number }[];
}

/** A mix as text that reads as the same: by ids. */
export const formatMix = (mix: ClassMix): string => mix.map(({ id, weight }) => `#${id}:${weight}`).join(",");

/** The ids of single classes and of all members of groups, in order. */
export const classIdsOf = (given: readonly (number | string)[], names: ClassNames, numClasses: number): number[] =>
  classPicksOf(given, names, numClasses).flatMap(({ ids }) => ids);

/**
 * The class that a pick's picture has: of a group, the members are drawn without repeating one before all were drawn, in an
 * order that seed, group and round decide, so that a picture has the same class whatever is drawn beside it.
 */
export function memberOf({ ids, group }: ClassPick, seed: number, index: number): number {
  if (group === undefined) return ids[0]!;
  const round = Math.floor(index / ids.length);
  return createRandom(seed, "group", group, round).shuffle([...ids])[index % ids.length]!;
}

/** Whether a text as a whole names a class or a group, so that its commas separate nothing. */
export const isClassName = (text: string, { id2label, groups = NO_GROUPS }: ClassNames): boolean =>
  nameFinder(id2label)(text).length > 0 || nameFinder(groupNamesOf(groups))(text).length > 0;

function pickOfText(
  text: string,
  find: ReturnType<typeof nameFinder>,
  membersOf: (name: string) => ClassPick | undefined,
  known: () => readonly string[],
): ClassPick {
  const read = readClassText(text);
  if (read.reading === "id") return { ids: [read.id] };
  const named = find(read.name);
  // A name may have quotes of its own.
  const found = named.length > 0 ? named : find(text);
  if (found.length > 1)
    throw new OptionError(
      "classLabels",
      "the name of one class",
      `"${text}", which is ${found.join(" and ")}; #${found[0]} chooses one`,
    );
  if (found.length === 1) return { ids: [found[0]!] };
  const members = membersOf(read.name);
  if (members !== undefined) return members;
  if (read.reading === "either" && read.id !== undefined) return { ids: [read.id] };
  const near = nearLabels(read.name, known());
  const hint = near.length > 0 ? `did you mean ${near.map((n) => `"${n}"`).join(", ")}?` : "see `flexvar classes`";
  throw new OptionError("classLabels", "a class of the model", `"${text}"; ${hint}`);
}
