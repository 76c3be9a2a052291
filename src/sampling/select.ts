/** Buckets of {@link TopKSelector}: the upper 12 bits of a float's ordered pattern. */
import { ExpectedError } from "../errors/index.ts";

const BUCKETS = 4096;
/** Finite floats lie in the buckets from this one to the next constant; infinities and NaN of either sign outside. */
const FIRST_FINITE = 0x008;
const LAST_FINITE = 0xff7;

/**
 * Bucket of a float's bits, in the floats' order: negative numbers are flipped whole, positive ones get the top bit.
 * Free of branches, since signs are as good as random.
 */
function orderedBucket(bits: number): number {
  return (bits ^ ((bits >> 31) | 0x80000000)) >>> 20;
}

/**
 * Finds the k-th largest of many floats in one counting pass and one gathering pass, without sorting them all.
 * Holds scratch for rows of up to `capacity` values; one selector serves one caller at a time.
 */
export class TopKSelector {
  private readonly counts = new Int32Array(BUCKETS);
  private readonly gathered: Float32Array;

  constructor(capacity: number) {
    this.gathered = new Float32Array(capacity);
  }

  /**
   * The k-th largest value of `values` (ties counted as often as they occur).
   * @param bits the same memory as whole numbers.
   * @param k 1..values.length
   * @throws RangeError when a value is NaN or +Infinity (-Infinity: an impossible token).
   */
  kthLargest(values: Float32Array, bits: Int32Array, k: number): number {
    const { counts, gathered } = this;
    counts.fill(0);
    for (let i = 0; i < bits.length; i++) {
      const bucket = orderedBucket(bits[i]!);
      counts[bucket] = counts[bucket]! + 1;
    }
    let odd = 0;
    for (let i = 0; i < FIRST_FINITE; i++) odd += counts[i]! + counts[LAST_FINITE + 1 + i]!;
    if (odd > 0) checkLogits(values);
    let bucket = LAST_FINITE;
    let above = 0;
    while (bucket > 0 && above + counts[bucket]! < k) above += counts[bucket--]!;
    let size = 0;
    for (let i = 0; i < bits.length; i++) {
      if (orderedBucket(bits[i]!) === bucket) gathered[size++] = values[i]!;
    }
    return nthSmallest(gathered, size, size - (k - above));
  }
}

/** The n-th smallest (from 0) of the first `size` values, which it reorders (Hoare's selection, middle pivot). */
function nthSmallest(values: Float32Array, size: number, n: number): number {
  let left = 0;
  let right = size - 1;
  while (left < right) {
    const pivot = medianOfThree(values[left]!, values[(left + right) >> 1]!, values[right]!);
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) {
        const value = values[i]!;
        values[i++] = values[j]!;
        values[j--] = value;
      }
    }
    if (n <= j) right = j;
    else if (n >= i) left = i;
    else return values[n]!;
  }
  return values[n]!;
}

/** Throws RangeError when a logit is NaN or +Infinity. */
export function checkLogits(values: Float32Array): void {
  for (const value of values) {
    if (!(value < Number.POSITIVE_INFINITY)) throw new ExpectedError(`sampling: expected finite logits, got ${value}`);
  }
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
