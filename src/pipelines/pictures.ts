/** Which pictures a run draws: their classes, and their numbers, which with the seed decide their streams. */
import { type ClassMix, type ClassNames, type ClassPick, formatMix, memberOf } from "../pretrained/index.ts";

/** One picture of a run. */
export interface PictureInfo {
  readonly classId: number;
  /** The class's name where the model has one. */
  readonly label: string | undefined;
  /** Its number among the run's pictures of its class, or of its group, from 0. */
  readonly indexWithinClass: number;
  /** The group that was asked for, of which its class is a member. */
  readonly group?: string;
  /** The classes that are mixed; `classId` is the heaviest. */
  readonly mix?: ClassMix;
}

/**
 * The pictures of every pick, `count` from number `firstIndex`. One that is named twice goes on counting, so that no picture
 * is drawn twice; a picture of a group is picture `indexWithinClass` of the member that it drew.
 */
export function picturesOf(
  { id2label }: ClassNames,
  { seed, count }: { readonly seed: number; readonly count: number },
  picks: readonly ClassPick[],
  firstIndex = 0,
): PictureInfo[] {
  const drawn = new Map<string, number>();
  return picks.flatMap((pick) => {
    const { group, mix } = pick;
    const key = askedFor({ ...pick, classId: pick.ids[0]! });
    const from = drawn.get(key) ?? firstIndex;
    drawn.set(key, from + count);
    return Array.from({ length: count }, (_, i): PictureInfo => {
      const indexWithinClass = from + i;
      const classId = memberOf(pick, seed, indexWithinClass);
      const label = mix === undefined ? id2label[classId] : mixLabel(mix, id2label);
      return { classId, label, indexWithinClass, ...(group !== undefined && { group }), ...(mix && { mix }) };
    });
  });
}

/** What was asked for, as a key: a group, a mix, or a class. */
export const askedFor = ({ group, mix, classId }: Pick<PictureInfo, "group" | "mix" | "classId">): string =>
  group !== undefined ? `group ${group}` : mix !== undefined ? formatMix(mix) : `#${classId}`;

/** A mix as people read it: `cat face:0.6,tiger face:0.4`. */
const mixLabel = (mix: ClassMix, id2label: readonly string[]): string =>
  mix.map(({ id, weight }) => `${id2label[id] ?? id}:${weight}`).join(",");
