/** When a round is over. */

export interface RoundView {
  /** Members whose place a living process holds. */
  readonly present: ReadonlySet<number>;
  readonly answered: ReadonlySet<number>;
  /** Places that there are. */
  readonly members: number;
  /** The run's first round, in which all places are waited for. */
  readonly isFirst: boolean;
  /** Least answers that end a round. */
  readonly least: number;
  /** Since the first answer was seen, in ms. */
  readonly waitedMs: number;
  /** Longest that others are waited for after the first answer, in ms. */
  readonly patienceMs: number;
}

/** Shortest patience by default, in ms. */
const SHORT_MS = 10_000;

/** How long others are waited for after the first answer, where nobody says: as long again as the first one's round took. */
export const patienceAfter = (firstSeconds: number): number => Math.max(SHORT_MS, 1000 * firstSeconds);

/**
 * A round ends with at least `least` answers, when every member that is there has answered (in the first round: every member), or
 * when others were waited for long enough since the first answer.
 */
export function isOver({ present, answered, members, isFirst, least, waitedMs, patienceMs }: RoundView): boolean {
  if (answered.size >= members) return true;
  if (answered.size < Math.min(least, members)) return false;
  const isComplete = !isFirst && [...present].every((member) => answered.has(member));
  return isComplete || waitedMs >= patienceMs;
}
