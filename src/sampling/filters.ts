import { ExpectedError, OptionError } from "../errors/index.ts";
import { type EntropyTemperature, rowEntropy, temperatureAt } from "./entropy-temperature.ts";
import { expNegative } from "./portable-math.ts";
import { drawByRace } from "./race.ts";
import { checkLogits, TopKSelector } from "./select.ts";

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

/** Buckets of logit range in the top-p search. */
const CUT_BUCKETS = 256;

/**
 * Filters and draws tokens, one row of V logits at a time, with scratch memory of its own.
 *
 * Order (released code): temperature, top-k (ties with the k-th value stay), then top-p: in ascending order of
 * probability, renormalised after top-k, tokens go while the running sum is at most 1 − p; the best always stays. Among
 * equal probabilities at that edge the lower ids go first. Min-p comes last and measures by the likeliest, which every filter keeps.
 * Arithmetic is double precision without Math.exp, so that equal logits give equal tokens on every platform.
 */
export class RowSampler {
  readonly vocabSize: number;
  private readonly row: Float32Array;
  private readonly rowBits: Int32Array;
  private readonly ids: Int32Array;
  private readonly weights: Float64Array;
  private readonly values: Float32Array;
  private readonly edge: Float32Array;
  private readonly bucketWeights = new Float64Array(CUT_BUCKETS);
  private readonly selector: TopKSelector;

  constructor(vocabSize: number) {
    if (!Number.isInteger(vocabSize) || vocabSize < 1) {
      throw new RangeError(`RowSampler: expected a vocabulary of at least 1, got ${vocabSize}`);
    }
    this.vocabSize = vocabSize;
    this.row = new Float32Array(vocabSize);
    this.rowBits = new Int32Array(this.row.buffer);
    this.ids = new Int32Array(vocabSize);
    this.weights = new Float64Array(vocabSize);
    this.values = new Float32Array(vocabSize);
    this.edge = new Float32Array(vocabSize);
    this.selector = new TopKSelector(vocabSize);
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
    const { row, rowBits, vocabSize, selector } = this;
    row.set(logits.subarray(begin, begin + vocabSize));
    const temperature = options.temperature * (entropy === undefined ? 1 : temperatureAt(entropy, rowEntropy(row)));
    const limited = topK > 0 && topK < vocabSize;
    const count = limited ? this.keepFrom(selector.kthLargest(row, rowBits, topK)) : this.keepAll();
    const total = this.weigh(count, temperature);
    if (!(total > 0)) {
      checkLogits(row);
      throw new ExpectedError("sampling: expected at least one possible token, got none");
    }
    const isCut = topP > 0 && topP < 1;
    const kept = isCut ? this.cutTail(count, (1 - topP) * total, temperature) : this.survivors(count, total);
    return minP > 0 ? this.keepLikely(kept, minP) : kept;
  }

  /** Keeps tokens of at least `minP` times the largest weight, which is 1. */
  private keepLikely({ ids, weights }: FilteredRow, minP: number): FilteredRow {
    let kept = 0;
    let total = 0;
    for (let i = 0; i < weights.length; i++) {
      if (weights[i]! < minP) continue;
      total += weights[i]!;
      ids[kept] = ids[i]!;
      weights[kept++] = weights[i]!;
    }
    return this.survivors(kept, total);
  }

  /** Gathers ids and values of at least `smallest`, in id order. */
  private keepFrom(smallest: number): number {
    const { row, ids, values } = this;
    let count = 0;
    for (let id = 0; id < row.length; id++) {
      const value = row[id]!;
      // Written always, kept by moving on: cheaper than a branch that is hard to foresee.
      ids[count] = id;
      values[count] = value;
      count += value >= smallest ? 1 : 0;
    }
    return count;
  }

  private keepAll(): number {
    const { row, ids, values } = this;
    values.set(row);
    for (let id = 0; id < row.length; id++) ids[id] = id;
    return row.length;
  }

  private weigh(count: number, temperature: number): number {
    const { values, weights } = this;
    const largest = this.largest(count);
    let total = 0;
    for (let i = 0; i < count; i++) {
      const weight = expNegative((values[i]! - largest) / temperature);
      weights[i] = weight;
      total += weight;
    }
    return total;
  }

  private largest(count: number): number {
    const { values } = this;
    let largest = values[0]!;
    for (let i = 1; i < count; i++) if (values[i]! > largest) largest = values[i]!;
    return largest;
  }

  /**
   * Removes the ascending tail that holds at most `allowance` of the weight. Weights are first summed in buckets of equal
   * logit range to find the one in which the sum passes the allowance; only that bucket's values are sorted.
   */
  private cutTail(count: number, allowance: number, temperature: number): FilteredRow {
    const { values, weights, bucketWeights, edge } = this;
    const largest = this.largest(count);
    let smallest = largest;
    for (let i = 0; i < count; i++) {
      // Tokens whose weight is lost beside the best one's do not stretch the buckets.
      if (values[i]! < smallest && weights[i]! > 1e-12) smallest = values[i]!;
    }
    const scale = largest > smallest ? (CUT_BUCKETS - 1) / (largest - smallest) : 0;
    const bucketOf = (value: number): number => (value > smallest ? Math.floor((value - smallest) * scale) : 0);
    bucketWeights.fill(0);
    for (let i = 0; i < count; i++) {
      const bucket = bucketOf(values[i]!);
      bucketWeights[bucket] = bucketWeights[bucket]! + weights[i]!;
    }
    let bucket = 0;
    let below = 0;
    while (bucket < CUT_BUCKETS - 1 && below + bucketWeights[bucket]! <= allowance) below += bucketWeights[bucket++]!;
    let size = 0;
    for (let i = 0; i < count; i++) if (bucketOf(values[i]!) === bucket) edge[size++] = values[i]!;
    const sorted = edge.subarray(0, size).sort();
    let cut = 0;
    while (cut < size) {
      const weight = expNegative((sorted[cut]! - largest) / temperature);
      if (below + weight > allowance) break;
      below += weight;
      cut++;
    }
    const threshold = cut < size ? sorted[cut]! : largest;
    let removedTies = 0;
    while (removedTies < cut && sorted[cut - 1 - removedTies] === threshold) removedTies++;
    return this.keepAbove(count, threshold, removedTies);
  }

  /** Keeps values above the threshold, and those equal to it after the first `skip` of them in id order. */
  private keepAbove(count: number, threshold: number, skip: number): FilteredRow {
    const { ids, values, weights } = this;
    let skipped = 0;
    let kept = 0;
    let total = 0;
    let lastTie = -1;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (value < threshold) continue;
      if (value === threshold && skipped < skip) {
        skipped++;
        lastTie = i;
        continue;
      }
      total += weights[i]!;
      ids[kept] = ids[i]!;
      weights[kept++] = weights[i]!;
    }
    if (kept > 0) return this.survivors(kept, total);
    ids[0] = ids[lastTie]!;
    weights[0] = weights[lastTie]!;
    return this.survivors(1, weights[0]!);
  }

  private survivors(count: number, total: number): FilteredRow {
    return { ids: this.ids.subarray(0, count), weights: this.weights.subarray(0, count), total };
  }
}
