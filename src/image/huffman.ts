/**
 * Lengths of an optimal prefix code of at most `limit` bits (0: symbol unused). At least two symbols get a code, so that
 * the code is complete. Ties go by symbol number: the result is a function of the counts alone.
 */
export function codeLengths(counts: Int32Array, limit: number): Uint8Array {
  const lengths = new Uint8Array(counts.length);
  const used = Array.from(counts.keys()).filter((symbol) => counts[symbol]! > 0);
  for (let symbol = 0; used.length < 2; symbol++) if (!used.includes(symbol)) used.push(symbol);
  used.sort((a, b) => counts[a]! - counts[b]! || a - b);
  const perLength = limitDepths(treeDepths(used.map((symbol) => counts[symbol]!)), limit);
  let next = 0;
  for (let bits = limit; bits >= 1; bits--) {
    for (let n = perLength[bits]!; n > 0; n--) lengths[used[next++]!] = bits;
  }
  return lengths;
}

/** Depths of the leaves of a Huffman tree over ascending weights (two queues: leaves, and the nodes made so far). */
function treeDepths(weights: readonly number[]): number[] {
  const leaves = weights.length;
  const weight = [...weights];
  const parent = new Int32Array(2 * leaves - 1);
  let leaf = 0;
  let node = leaves;
  const lightest = (): number => {
    const takeLeaf = leaf < leaves && (node >= weight.length || weight[leaf]! <= weight[node]!);
    return takeLeaf ? leaf++ : node++;
  };
  while (weight.length < 2 * leaves - 1) {
    const a = lightest();
    const b = lightest();
    parent[a] = parent[b] = weight.length;
    weight.push(weight[a]! + weight[b]!);
  }
  const depth = new Int32Array(2 * leaves - 1);
  for (let i = 2 * leaves - 3; i >= 0; i--) depth[i] = depth[parent[i]!]! + 1;
  return Array.from(depth.subarray(0, leaves));
}

/** Numbers of codes per length, with deeper leaves lifted to `limit` and room made for them (Kraft's sum stays 1). */
function limitDepths(depths: readonly number[], limit: number): Int32Array {
  const perLength = new Int32Array(limit + 1);
  for (const depth of depths) perLength[Math.min(depth, limit)]!++;
  let excess = -(2 ** limit);
  for (let bits = 1; bits <= limit; bits++) excess += perLength[bits]! * 2 ** (limit - bits);
  while (excess > 0) {
    let bits = limit - 1;
    while (perLength[bits] === 0) bits--;
    perLength[bits]!--;
    perLength[bits + 1]! += 2;
    perLength[limit]!--;
    excess--;
  }
  return perLength;
}

/** Canonical codes of these lengths, bit-reversed: ready to be written from the lowest bit up. */
export function canonicalCodes(lengths: Uint8Array): Uint16Array {
  const codes = new Uint16Array(lengths.length);
  let code = 0;
  for (let bits = 1; bits <= 15; bits++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] === bits) codes[symbol] = reversed(code++, bits);
    }
    code <<= 1;
  }
  return codes;
}

function reversed(code: number, bits: number): number {
  let out = 0;
  for (let i = 0; i < bits; i++) out |= ((code >> i) & 1) << (bits - 1 - i);
  return out;
}
