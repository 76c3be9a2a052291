import { ExpectedError, OptionError } from "../errors/index.ts";
import { type EntropyTemperature, rowEntropy, temperatureAt } from "./entropy-temperature.ts";
import { expNegative } from "./portable-math.ts";
import { drawByRace } from "./race.ts";
import { checkLogits, TopKSelector } from "./select.ts";
import { type Candidates, type TailEnd, TailFinder } from "./top-p.ts";

export interface FilterOptions {
  /** Keep the k likeliest tokens and whatever ties with the k-th; 0 or at least V: off. */
  readonly topK: number;
  /** Keep the likeliest tokens that hold this share of the probability; 0 or 1: off. */
  readonly topP: number;
  /** Keep tokens at least this many times as likely as the likeliest, 0 to 1 (min-p, arXiv 2407.01082); 0 or left out: off. */
  readonly minP?: number | undefined;
  /** Divides the logits; above 0. */
  readonly temperature: number;
  /** Multiplies the temperature by one that follows from the row's entropy at temperature 1, before any filter. */
  readonly entropy?: EntropyTemperature | undefined;
}

/** No filtering: every token may be drawn. */
export const NO_FILTER: FilterOptions = { topK: 0, topP: 0, temperature: 1 };

/** Logit that a forbidden code gets (released code). */
export const FORBIDDEN_LOGIT = -100;

/** Likeliest token of one row, the lowest id among equals; compares, so a row's scale does not matter. */
export function greedyRow(logits: Float32Array, begin = 0, end = logits.length): number {
  let best = begin;
  let bestValue = logits[begin]!;
  for (let i = begin + 1; i < end; i++) {
    if (logits[i]! > bestValue) {
      best = i;
      bestValue = logits[i]!;
    }
  }
  if (!Number.isFinite(bestValue)) throw new ExpectedError(`sampling: expected finite logits, got ${bestValue}`);
  return best - begin;
}

/** Survivors of one row in token-id order: views of scratch, valid until the sampler's next row. */
export interface FilteredRow {
  readonly ids: Int32Array;
  /** exp((logit − largest)/temperature): probabilities up to the common factor 1/total. */
  readonly weights: Float64Array;
  readonly total: number;
}

/**
 * Filters and draws tokens, one row of V logits at a time, with scratch memory of its own.
 *
 * Order (released code): temperature, top-k (ties with the k-th value stay), then top-p: in ascending order of
 * probability, renormalised after top-k, tokens go while the running sum is at most 1 − p; the best always stays. Among
 * equal probabilities at that edge the lower ids go first. Min-p comes last and measures by the likeliest, which every filter keeps.
 * Arithmetic is double precision without Math.exp, so that equal logits give equal tokens on every platform. Only survivors get a weight.
 */
export class RowSampler {
  readonly vocabSize: number;
  private readonly row: Float32Array;
  private readonly rowBits: Int32Array;
  private readonly everyId: Int32Array;
  private readonly ids: Int32Array;
  private readonly values: Float32Array;
  private readonly weights: Float64Array;
  private readonly selector: TopKSelector;
  private readonly tails: TailFinder;

  constructor(vocabSize: number) {
    if (!Number.isInteger(vocabSize) || vocabSize < 1) {
      throw new RangeError(`RowSampler: expected a vocabulary of at least 1, got ${vocabSize}`);
    }
    this.vocabSize = vocabSize;
    this.row = new Float32Array(vocabSize);
    this.rowBits = new Int32Array(this.row.buffer);
    this.everyId = Int32Array.from(this.row.keys());
    this.ids = new Int32Array(vocabSize);
    this.values = new Float32Array(vocabSize);
    this.weights = new Float64Array(vocabSize);
    this.selector = new TopKSelector(vocabSize);
    this.tails = new TailFinder(vocabSize);
  }

  /**
   * Draws one token of those that survive the filter by a race of all its tokens.
   * @param logits rows of V values; the row starts at `begin`.
   * @param u uniform in [0, 1), a multiple of 2^-32; exactly one per token.
   * @throws RangeError when the logits are not finite.
   */
  sample(logits: Float32Array, begin: number, options: FilterOptions, u: number): number {
    if (options.topK === 1) return greedyRow(logits, begin, begin + this.vocabSize);
    const { ids, weights } = this.filter(logits, begin, options);
    return drawByRace(ids, weights, u);
  }

  /** Surviving tokens of the row that starts at `begin`. @throws RangeError when the logits are not finite. */
  filter(logits: Float32Array, begin: number, options: FilterOptions): FilteredRow {
    const { topK, topP, minP = 0, entropy } = options;
    if (!(options.temperature > 0)) throw new OptionError("temperature", "a number above 0", options.temperature);
    const { row, rowBits, vocabSize, selector, tails } = this;
    row.set(logits.subarray(begin, begin + vocabSize));
    const temperature = options.temperature * (entropy === undefined ? 1 : temperatureAt(entropy, rowEntropy(row)));
    const largest = largestOf(row);
    let kept: Candidates = { ids: this.everyId, values: row, count: vocabSize };
    if (topK > 0 && topK < vocabSize)
      kept = this.keep(kept, { value: selector.kthLargest(row, rowBits, topK), ties: 0 });
    if (topP > 0 && topP < 1) {
      const end = tails.find(kept, largest, temperature, topP);
      if (end === undefined) throw notDrawable(row);
      kept = this.keep(kept, end);
    }
    return this.weigh(kept, largest, temperature, minP);
  }

  /** Those that a tail's end leaves, gathered into memory of this sampler, which they may lie in already. */
  private keep(from: Candidates, { value: smallest, ties }: TailEnd): Candidates {
    const { ids, values } = this;
    let count = 0;
    let skipped = 0;
    for (let i = 0; i < from.count; i++) {
      const value = from.values[i]!;
      if (value === smallest && skipped < ties) {
        skipped++;
        continue;
      }
      // Written always, kept by moving on: cheaper than a branch that is hard to foresee.
      ids[count] = from.ids[i]!;
      values[count] = value;
      count += value >= smallest ? 1 : 0;
    }
    return { ids, values, count };
  }

  /** Weights of candidates; those below `minP` of the largest weight, which is 1, are left out. */
  private weigh(from: Candidates, largest: number, temperature: number, minP: number): FilteredRow {
    const { ids, weights } = this;
    let count = 0;
    let total = 0;
    for (let i = 0; i < from.count; i++) {
      const weight = expNegative((from.values[i]! - largest) / temperature);
      if (weight < minP) continue;
      total += weight;
      ids[count] = from.ids[i]!;
      weights[count++] = weight;
    }
    if (!(total > 0)) throw notDrawable(this.row);
    return { ids: ids.subarray(0, count), weights: weights.subarray(0, count), total };
  }
}

function largestOf(values: Float32Array): number {
  let largest = values[0]!;
  for (let i = 1; i < values.length; i++) if (values[i]! > largest) largest = values[i]!;
  return largest;
}

/** What is wrong with a row from which nothing can be drawn. */
function notDrawable(row: Float32Array): ExpectedError {
  checkLogits(row);
  return new ExpectedError("sampling: expected at least one possible token, got none");
}
