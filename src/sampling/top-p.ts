import { expNegative } from "./portable-math.ts";

/** Tokens that may still be drawn, in id order: the first `count` of both arrays. */
export interface Candidates {
  readonly ids: Int32Array;
  /** Their logits. */
  readonly values: Float32Array;
  readonly count: number;
}

/** Where the tail ends: tokens below `value` go, and of those equal to it the first `ties` in id order. */
export interface TailEnd {
  readonly value: number;
  readonly ties: number;
}

const CELLS_PER_NAT = 32;
/** Cells of the rough sums, from the best token down: e^-32, where they end, is lost beside the best one's weight of 1. */
const CELLS = 32 * CELLS_PER_NAT;
/** Weight at the upper end of every cell. */
const CELL_WEIGHTS = Float64Array.from({ length: CELLS }, (_, cell) => expNegative(-cell / CELLS_PER_NAT));
/**
 * Share of the whole weight that rough sums are trusted within, twice what they may err by: the series below ends at r^3/6, which leaves
 * r^4/24 < 4e-8 of a token's weight; up to 2^20 tokens beyond the last cell hold 2^20·e^-32 < 2e-8; rounding is far less.
 */
const MARGIN = 2e-7;

/**
 * Finds the ascending tail of a row that top-p removes: the most tokens whose weights e^((logit − largest)/temperature) sum to at most
 * 1 − p of the whole.
 *
 * A row has thousands of tokens and the tail's end is near few of them. So the sums are taken with weights of seven digits, in cells of
 * equal logit range; the cell where the tail ends is sorted and gets exact weights. Where the answer could depend on the digits that the
 * rough weights lack, about once in a thousand rows, the whole row is sorted and summed exactly: the result is always the exact one.
 */
export class TailFinder {
  private readonly masses = new Float64Array(CELLS);
  private readonly edge: Float32Array;

  constructor(capacity: number) {
    this.edge = new Float32Array(capacity);
  }

  /**
   * The tail's end. The best token always stays; of equal tokens at the end the lower ids go first.
   * @param largest of the candidates' values.
   * @param topP above 0 and below 1.
   * @returns undefined where the values are not finite.
   */
  find(from: Candidates, largest: number, temperature: number, topP: number): TailEnd | undefined {
    return this.findRoughly(from, largest, temperature, topP) ?? this.findExactly(from, largest, temperature, topP);
  }

  /** The tail's end where rough sums decide it. */
  private findRoughly(
    { values, count }: Candidates,
    largest: number,
    temperature: number,
    topP: number,
  ): TailEnd | undefined {
    const { masses, edge } = this;
    const scale = CELLS_PER_NAT / temperature;
    masses.fill(0);
    let total = 0;
    for (let i = 0; i < count; i++) {
      const depth = (largest - values[i]!) * scale;
      // NaN goes on, so that the total becomes NaN.
      if (depth >= CELLS) continue;
      const cell = depth | 0;
      const r = (depth - cell) / CELLS_PER_NAT;
      const weight = CELL_WEIGHTS[cell]! * (1 - r * (1 - r * (1 / 2 - r / 6)));
      masses[cell] = masses[cell]! + weight;
      total += weight;
    }
    if (!(total > 0)) return undefined;
    const allowance = (1 - topP) * total;
    let cell = 0;
    let below = total - masses[0]!;
    while (below > allowance && cell < CELLS - 1) below -= masses[++cell]!;
    let size = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      const depth = (largest - value) * scale;
      // Written always, kept by moving on: cheaper than a branch that is hard to foresee.
      edge[size] = value;
      size += depth >= cell && depth < cell + 1 ? 1 : 0;
    }
    return this.endWithin(size, below, allowance, MARGIN * total, largest, temperature);
  }

  /** The tail's end by exact weights of all tokens. */
  private findExactly(
    { values, count }: Candidates,
    largest: number,
    temperature: number,
    topP: number,
  ): TailEnd | undefined {
    const { edge } = this;
    let total = 0;
    for (let i = 0; i < count; i++) {
      edge[i] = values[i]!;
      total += expNegative((values[i]! - largest) / temperature);
    }
    if (!(total > 0)) return undefined;
    return this.endWithin(count, 0, (1 - topP) * total, 0, largest, temperature);
  }

  /**
   * The tail's end among the first `size` values gathered in `edge`, which it sorts; `below` is the weight of all smaller ones. The largest of
   * them stays.
   * @returns undefined where sums that err by `margin` do not decide it.
   */
  private endWithin(
    size: number,
    below: number,
    allowance: number,
    margin: number,
    largest: number,
    temperature: number,
  ): TailEnd | undefined {
    if (size === 0) return undefined;
    const sorted = this.edge.subarray(0, size).sort();
    const weightOf = (i: number): number => expNegative((sorted[i]! - largest) / temperature);
    let removed = 0;
    let sum = below;
    let next = sum + weightOf(0);
    while (removed < size - 1 && next <= allowance) {
      sum = next;
      next = sum + weightOf(++removed);
    }
    if (margin > 0 && !(sum <= allowance - margin && next > allowance + margin)) return undefined;
    const value = sorted[removed]!;
    let ties = 0;
    while (ties < removed && sorted[removed - 1 - ties] === value) ties++;
    return { value, ties };
  }
}
