/**
 * exp and ln from additions, multiplications and divisions only. ECMAScript leaves the last bits of Math.exp and Math.log
 * to the engine; these give the same bits on every platform, so that one seed gives one set of tokens and weights.
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 2^-n for n = 0..1075, by repeated exact halving. */
const HALVES = powersOfHalf();

function powersOfHalf(): Float64Array {
  const powers = new Float64Array(1076);
  let value = 1;
  for (let n = 0; n < powers.length; n++) {
    powers[n] = value;
    value /= 2;
  }
  return powers;
}

/** e^x for x <= 0, relative error below 4e-16 (denormal results excepted); x below -745 gives 0. NaN for x > 0. */
export function expNegative(x: number): number {
  if (!(x <= 0)) return Number.NaN;
  if (x < -745) return 0;
  const n = Math.floor(0.5 - x * Math.LOG2E);
  const r = x + n * LN2_HIGH + n * LN2_LOW;
  // Taylor series on |r| <= ln(2)/2, to r^13/13!.
  const tail = 1 / 39916800 + r * (1 / 479001600 + r * (1 / 6227020800));
  const high = 1 / 5040 + r * (1 / 40320 + r * (1 / 362880 + r * (1 / 3628800 + r * tail)));
  const sum = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * high))))));
  return sum * HALVES[n]!;
}

/** ln x for finite x > 0 that is not denormal, relative error below 1e-15. */
export function lnPositive(x: number): number {
  let m = x;
  let exponent = 0;
  while (m >= Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  while (m < Math.SQRT2 / 2) {
    m *= 2;
    exponent--;
  }
  // ln m = 2·artanh((m-1)/(m+1)), |z| <= 0.172: the odd series to z^23.
  const z = (m - 1) / (m + 1);
  const z2 = z * z;
  let series = 0;
  for (let k = 23; k >= 1; k -= 2) series = series * z2 + 1 / k;
  return exponent * LN2_HIGH + (2 * z * series + exponent * LN2_LOW);
}
