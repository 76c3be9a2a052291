import { canonicalCodes, codeLengths } from "./huffman.ts";

/**
 * A deflate encoder (RFC 1951) of our own: the same bytes on every platform and version, which no zlib build promises.
 * Hash chains with one step of lazy matching, dynamic Huffman blocks.
 */

const WINDOW = 32768;
const MIN_MATCH = 3;
const MAX_MATCH = 258;
const MAX_CHAIN = 48;
const GOOD_MATCH = 32;
/** Shorter matches cost more bits than their literals in filtered pictures. */
const SHORTEST_WORTH = 6;
const HASH_BITS = 15;
const BLOCK_SYMBOLS = 1 << 15;
const END_OF_BLOCK = 256;

/** Extra bits of the length symbols 257..285 and the distance symbols 0..29 (RFC 1951, 3.2.5). */
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_EXTRA = Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1));
const LENGTH_BASE = bases(LENGTH_EXTRA, MIN_MATCH);
LENGTH_BASE[28] = MAX_MATCH;
const DISTANCE_BASE = bases(DISTANCE_EXTRA, 1);
const LENGTH_SYMBOL = symbolTable(LENGTH_BASE, MAX_MATCH + 1);
const DISTANCE_SYMBOL = symbolTable(DISTANCE_BASE, WINDOW + 1);
/** Order in which the lengths of the code-length code are written (RFC 1951, 3.2.7). */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function bases(extra: readonly number[], first: number): number[] {
  const out: number[] = [];
  let base = first;
  for (const bits of extra) {
    out.push(base);
    base += 2 ** bits;
  }
  return out;
}

function symbolTable(base: readonly number[], size: number): Uint8Array {
  const table = new Uint8Array(size);
  base.forEach((begin, symbol) => {
    table.fill(symbol, begin);
  });
  return table;
}

/** Bits from the lowest up, into a growing byte array. */
class BitWriter {
  private bytes: Uint8Array;
  private length = 0;
  private held = 0;
  private heldBits = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Appends the lowest `count` (at most 16) bits of `value`. */
  write(value: number, count: number): void {
    this.held |= value << this.heldBits;
    this.heldBits += count;
    while (this.heldBits >= 8) {
      if (this.length === this.bytes.length) this.grow();
      this.bytes[this.length++] = this.held & 255;
      this.held >>>= 8;
      this.heldBits -= 8;
    }
  }

  /** The bytes so far, the last filled up with zero bits. */
  finish(): Uint8Array {
    if (this.heldBits > 0) this.write(0, 8 - this.heldBits);
    return this.bytes.subarray(0, this.length);
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** Symbols of one block: literals as they are, matches as length << 16 | distance. */
class Block {
  private readonly symbols = new Int32Array(BLOCK_SYMBOLS);
  private readonly literalCounts = new Int32Array(286);
  private readonly distanceCounts = new Int32Array(30);
  private readonly out: BitWriter;
  private size = 0;

  constructor(out: BitWriter) {
    this.out = out;
  }

  literal(byte: number): void {
    if (this.size === BLOCK_SYMBOLS) this.flush(false);
    this.symbols[this.size++] = byte;
    this.literalCounts[byte]!++;
  }

  match(length: number, distance: number): void {
    if (this.size === BLOCK_SYMBOLS) this.flush(false);
    this.symbols[this.size++] = (length << 16) | distance;
    this.literalCounts[257 + LENGTH_SYMBOL[length]!]!++;
    this.distanceCounts[DISTANCE_SYMBOL[distance]!]!++;
  }

  /** Writes the symbols gathered so far as one block with codes of its own. */
  flush(last: boolean): void {
    const { out } = this;
    this.literalCounts[END_OF_BLOCK] = 1;
    const literalLengths = codeLengths(this.literalCounts, 15);
    const distanceLengths = codeLengths(this.distanceCounts, 15);
    out.write(last ? 1 : 0, 1);
    out.write(2, 2);
    writeLengths(out, literalLengths, distanceLengths);
    const literalCodes = canonicalCodes(literalLengths);
    const distanceCodes = canonicalCodes(distanceLengths);
    for (let i = 0; i < this.size; i++) {
      const entry = this.symbols[i]!;
      const length = entry >>> 16;
      if (length === 0) {
        out.write(literalCodes[entry]!, literalLengths[entry]!);
        continue;
      }
      const distance = entry & 0xffff;
      const lengthSymbol = LENGTH_SYMBOL[length]!;
      out.write(literalCodes[257 + lengthSymbol]!, literalLengths[257 + lengthSymbol]!);
      out.write(length - LENGTH_BASE[lengthSymbol]!, LENGTH_EXTRA[lengthSymbol]!);
      const distanceSymbol = DISTANCE_SYMBOL[distance]!;
      out.write(distanceCodes[distanceSymbol]!, distanceLengths[distanceSymbol]!);
      out.write(distance - DISTANCE_BASE[distanceSymbol]!, DISTANCE_EXTRA[distanceSymbol]!);
    }
    out.write(literalCodes[END_OF_BLOCK]!, literalLengths[END_OF_BLOCK]!);
    this.size = 0;
    this.literalCounts.fill(0);
    this.distanceCounts.fill(0);
  }
}

/** Both code-length lists, run-length coded (RFC 1951, 3.2.7); zero runs with 17 and 18, repeats with 16. */
function writeLengths(out: BitWriter, literals: Uint8Array, distances: Uint8Array): void {
  const all = [...literals, ...distances];
  const runs: [symbol: number, extra: number, bits: number][] = [];
  for (let i = 0; i < all.length; ) {
    const value = all[i]!;
    let run = 1;
    while (i + run < all.length && all[i + run] === value) run++;
    i += run;
    if (value !== 0) {
      runs.push([value, 0, 0]);
      run--;
    }
    while (run >= 3) {
      const taken = Math.min(run, value === 0 ? 138 : 6);
      if (value !== 0) runs.push([16, taken - 3, 2]);
      else if (taken <= 10) runs.push([17, taken - 3, 3]);
      else runs.push([18, taken - 11, 7]);
      run -= taken;
    }
    for (; run > 0; run--) runs.push([value, 0, 0]);
  }
  const counts = new Int32Array(19);
  for (const [symbol] of runs) counts[symbol]!++;
  const lengths = codeLengths(counts, 7);
  const codes = canonicalCodes(lengths);
  let listed = CODE_LENGTH_ORDER.length;
  while (listed > 4 && lengths[CODE_LENGTH_ORDER[listed - 1]!] === 0) listed--;
  out.write(literals.length - 257, 5);
  out.write(distances.length - 1, 5);
  out.write(listed - 4, 4);
  for (let i = 0; i < listed; i++) out.write(lengths[CODE_LENGTH_ORDER[i]!]!, 3);
  for (const [symbol, extra, bits] of runs) {
    out.write(codes[symbol]!, lengths[symbol]!);
    out.write(extra, bits);
  }
}

/** Finds earlier occurrences of the next bytes: the last position of every hash, and for every position the one before. */
class Matcher {
  private readonly data: Uint8Array;
  private readonly head = new Int32Array(1 << HASH_BITS).fill(-1);
  private readonly previous = new Int32Array(WINDOW);
  distance = 0;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  /** Makes position `at` known to later searches. */
  insert(at: number): void {
    if (at + MIN_MATCH > this.data.length) return;
    const hash = this.hash(at);
    this.previous[at & (WINDOW - 1)] = this.head[hash]!;
    this.head[hash] = at;
  }

  /** Length of the longest earlier match longer than `least`, else 0; its distance is left in `distance`. */
  find(at: number, least: number): number {
    const { data } = this;
    if (at + MIN_MATCH > data.length) return 0;
    const most = Math.min(MAX_MATCH, data.length - at);
    let best = Math.max(least, SHORTEST_WORTH - 1);
    let found = 0;
    let candidate = this.head[this.hash(at)]!;
    for (let chain = 0; chain < MAX_CHAIN && candidate >= 0 && at - candidate <= WINDOW && best < most; chain++) {
      if (data[candidate + best] === data[at + best]) {
        let length = 0;
        while (length < most && data[candidate + length] === data[at + length]) length++;
        if (length > best) {
          best = found = length;
          this.distance = at - candidate;
        }
      }
      const before = this.previous[candidate & (WINDOW - 1)]!;
      if (before >= candidate) break;
      candidate = before;
    }
    return found;
  }

  private hash(at: number): number {
    const { data } = this;
    const word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16);
    return Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
  }
}

/** Adler-32 (RFC 1950). */
function adler32(data: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let begin = 0; begin < data.length; begin += 5552) {
    const end = Math.min(begin + 5552, data.length);
    for (let i = begin; i < end; i++) {
      a += data[i]!;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}

/** Compresses into a zlib stream (RFC 1950). The bytes are a function of the data alone. */
export function zlibCompress(data: Uint8Array): Uint8Array {
  const out = new BitWriter(Math.max(64, data.length >> 1));
  out.write(0x78, 8);
  out.write(0x9c, 8);
  const block = new Block(out);
  const matcher = new Matcher(data);
  let at = 0;
  let length = 0;
  let distance = 0;
  let pending = false;
  // `pending`: position at-1 is not written yet; `length`, `distance` are its match, which a longer one at `at` beats.
  for (; at < data.length; at++) {
    const longer = length >= GOOD_MATCH ? 0 : matcher.find(at, length);
    if (pending && length >= MIN_MATCH && longer === 0) {
      block.match(length, distance);
      const end = at - 1 + length;
      for (; at < end; at++) matcher.insert(at);
      at = end - 1;
      pending = false;
      length = 0;
      continue;
    }
    if (pending) block.literal(data[at - 1]!);
    matcher.insert(at);
    pending = true;
    length = longer;
    distance = matcher.distance;
  }
  if (pending) block.literal(data[at - 1]!);
  block.flush(true);
  const body = out.finish();
  const stream = new Uint8Array(body.length + 4);
  stream.set(body);
  new DataView(stream.buffer).setUint32(body.length, adler32(data));
  return stream;
}
