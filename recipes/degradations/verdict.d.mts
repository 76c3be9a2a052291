export interface DegradedSet {
  readonly family: string;
  readonly name: string;
  readonly base: string | undefined;
  readonly distances: Readonly<
    Record<
      string,
      { readonly value: number; readonly difference?: number; readonly interval: readonly [number, number] }
    >
  >;
}
export interface Verdict {
  readonly family: string;
  readonly distance: string;
  /** Whether the distance grows strictly from the base through every severity. */
  readonly grows: boolean;
  /** Whether the weakest lies outside the interval of no degradation. */
  readonly seen: boolean;
  readonly passes: boolean;
}
export function verdicts(sets: readonly DegradedSet[], distances: readonly string[]): Verdict[];
