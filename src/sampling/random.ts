import { lnPositive } from "./portable-math.ts";

/** Complete state of a stream: four 32-bit words and the spare normal deviate, if any. Plain JSON. */
export interface RandomState {
  readonly words: readonly [number, number, number, number];
  readonly spare: number | null;
}

/**
 * One stream of random numbers, the same bits on every platform. Not for secrets.
 * The generator is xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018).
 */
export interface Random {
  /** 32 random bits, 0..2^32-1. */
  next(): number;
  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** Standard normal (Marsaglia's polar method). */
  normal(): number;
  /** Uniform whole number in 0..n-1 without bias; n from 1 to 2^32. */
  int(n: number): number;
  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T>(items: T[]): T[];
  /** A stream of its own for `key`: a function of this stream's current state and the key; this stream does not move. */
  split(key: number | string): Random;
  /** The state; `restoreRandom` continues from it bit for bit. */
  save(): RandomState;
}

const MASK64 = (1n << 64n) - 1n;
const GOLDEN64 = 0x9e3779b97f4a7c15n;
const TWO32 = 4294967296;

/** Finaliser of splitmix64 (Steele, Lea, Flood 2014), constants of its public-domain form. */
function mix64(value: bigint): bigint {
  let z = value;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK64;
  return z ^ (z >> 31n);
}

/** First `count` outputs of splitmix64 from `seed`. */
export function splitmix64(seed: bigint, count: number): bigint[] {
  const out: bigint[] = [];
  let state = seed & MASK64;
  for (let i = 0; i < count; i++) {
    state = (state + GOLDEN64) & MASK64;
    out.push(mix64(state));
  }
  return out;
}

/** Hashes a sequence of 64-bit words into one: each is mixed on its own, added to the running hash, and mixed again. */
function hashWords(words: readonly bigint[]): bigint {
  let hash = mix64((BigInt(words.length) * GOLDEN64 + 1n) & MASK64);
  for (const word of words) hash = mix64((hash * 3n + mix64((word + GOLDEN64) & MASK64) + GOLDEN64) & MASK64);
  return hash;
}

function keyWords(key: number | string): bigint[] {
  if (typeof key === "number") return [0n, wholeWord(key, "random key")];
  return [1n, ...[...new TextEncoder().encode(key)].map(BigInt)];
}

function wholeWord(value: number, where: string): bigint {
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${where}: expected a whole number within ±2^53, got ${value}`);
  return BigInt.asUintN(64, BigInt(value));
}

function fromHash(hash: bigint): Random {
  const [a, b] = splitmix64(hash, 2) as [bigint, bigint];
  const words = [a & 0xffffffffn, a >> 32n, b & 0xffffffffn, b >> 32n].map(Number);
  if (!words.some((word) => word !== 0)) words[0] = 1;
  return restoreRandom({ words: words as [number, number, number, number], spare: null });
}

/** A stream from one seed, a whole number within ±2^53; `keys` name independent streams of the same seed. */
export function createRandom(seed: number, ...keys: readonly (number | string)[]): Random {
  return fromHash(hashWords([wholeWord(seed, "seed"), ...keys.flatMap(keyWords)]));
}

/**
 * The stream that draws one picture: a function of the seed, its class label and its number among the pictures of that
 * class (from 0). A batch therefore gives the same pictures as single runs, and a longer run the same first ones.
 */
export function imageStream(seed: number, classLabel: number, indexWithinClass: number): Random {
  return createRandom(seed, "image", classLabel, indexWithinClass);
}

/** Continues a stream from `save()`. @throws RangeError when the words are not four 32-bit numbers, or all zero. */
export function restoreRandom(state: RandomState): Random {
  const { words } = state;
  const valid = words.length === 4 && words.every((w) => Number.isInteger(w) && w >= 0 && w < TWO32);
  if (!valid || words.every((w) => w === 0)) {
    throw new RangeError(`restoreRandom: expected four 32-bit words, not all zero, got ${JSON.stringify(words)}`);
  }
  let [s0, s1, s2, s3] = words.map((word) => word | 0) as [number, number, number, number];
  let spare = state.spare;

  function next(): number {
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  function uniform(): number {
    return next() / TWO32;
  }

  function normal(): number {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * lnPositive(square)) / square);
      spare = y * factor;
      return x * factor;
    }
  }

  function int(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO32) {
      throw new RangeError(`Random.int: expected a whole number from 1 to 2^32, got ${n}`);
    }
    const limit = TWO32 - (TWO32 % n);
    for (;;) {
      const bits = next();
      if (bits < limit) return bits % n;
    }
  }

  function shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = int(i + 1);
      const item = items[i]!;
      items[i] = items[j]!;
      items[j] = item;
    }
    return items;
  }

  function save(): RandomState {
    return { words: [s0 >>> 0, s1 >>> 0, s2 >>> 0, s3 >>> 0], spare };
  }

  function split(key: number | string): Random {
    return fromHash(hashWords([...save().words.map(BigInt), ...keyWords(key)]));
  }

  return { next, uniform, normal, int, shuffle, split, save };
}
