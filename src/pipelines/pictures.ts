/** Which pictures a run draws: their classes, and their numbers, which with the seed decide their streams. */
import { type ClassNames, type ClassPick, memberOf } from "../pretrained/index.ts";

/** One picture of a run. */
export interface PictureInfo {
  readonly classId: number;
  /** The class's name where the model has one. */
  readonly label: string | undefined;
  /** Its number among the run's pictures of its class, or of its group, from 0. */
  readonly indexWithinClass: number;
  /** The group that was asked for, of which its class is a member. */
  readonly group?: string;
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
    const key = pick.group === undefined ? `#${pick.ids[0]}` : `group ${pick.group}`;
    const from = drawn.get(key) ?? firstIndex;
    drawn.set(key, from + count);
    return Array.from({ length: count }, (_, i): PictureInfo => {
      const indexWithinClass = from + i;
      const classId = memberOf(pick, seed, indexWithinClass);
      const group = pick.group !== undefined && { group: pick.group };
      return { classId, label: id2label[classId], indexWithinClass, ...group };
    });
  });
}
