import { lnPositive } from "./portable-math.ts";

/** A 32-bit mix in which every input bit reaches every output bit (Wellons, "Prospecting for Hash Functions", lowbias32). */
function mix32(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

const TWO31 = 2 ** 31;

/** A draw's number as 32 bits. */
const keyOf = (u: number): number => (u * 2 * TWO31) | 0;

/** A token's own 32 bits in the draw `key`, as a whole number from −2^31: evenly and, for other ids, independently distributed. */
const tokenBits = (key: number, id: number): number => mix32(key + mix32(id + 1));

/** Bits as a number in (0, 1), the middle of a cell of 2^-32. */
const unitOf = (bits: number): number => (bits + TWO31 + 0.5) / (2 * TWO31);

/**
 * When a token arrives in the race of one draw: exponentially distributed with its weight as rate, so that each is first
 * with the probability weight / total. Differences of −ln(time) are in logits over temperature.
 * @param u the draw's uniform number in [0, 1), a multiple of 2^-32.
 */
export const raceTime = (u: number, id: number, weight: number): number =>
  -lnPositive(unitOf(tokenBits(keyOf(u), id))) / weight;

/**
 * Draws one token as the first of a race: the Gumbel-max trick (Gumbel 1954; Maddison et al., "A* Sampling", 2014).
 *
 * A token's number depends on the draw and its id, not on the other tokens' weights: where rounding,
 * which differs between machines, moves a share TV of the probability, another token is drawn with probability 2·TV/(1 + TV) at most
 * (Daliri et al., "Coupling without Communication and Drafter-Invariant Speculative Decoding", 2024). Draws along a cumulative
 * distribution change where any of its boundaries moves.
 * @param ids, weights of the tokens that may be drawn; at least one weight above 0.
 * @param u uniform in [0, 1), a multiple of 2^-32.
 */
export function drawByRace(ids: Int32Array, weights: Float64Array, u: number): number {
  const key = keyOf(u);
  let winner = ids[0]!;
  let first = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ids.length; i++) {
    const weight = weights[i]!;
    const unit = unitOf(tokenBits(key, ids[i]!));
    // −ln v >= 1 − v: most tokens are out of the race without a logarithm, those of weight 0 among them.
    if (1 - unit >= first * weight || weight === 0) continue;
    const time = -lnPositive(unit) / weight;
    if (time >= first) continue;
    first = time;
    winner = ids[i]!;
  }
  return winner;
}
