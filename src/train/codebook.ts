/** What the host does with the codebook between steps: moving averages, revival of dead codes, usage. */
import type { Random } from "../sampling/index.ts";
import type { TokenizerTraining } from "./tokenizer-config.ts";

type CodebookOptions = TokenizerTraining["codebook"];

/** One scale's normalised encoder vectors [n, Z] and the codes they chose [n]. */
export interface Assigned {
  readonly rows: Float32Array;
  readonly tokens: Int32Array;
}

/** State beside the codes themselves. All arrays are part of a checkpoint. */
export interface CodebookState {
  /** Moving average of how many vectors chose a code in a step [V]. */
  readonly counts: Float32Array;
  /** Moving average of their sum [V, Z]. */
  readonly sums: Float32Array;
  /** The last step in which a code was chosen [V]. */
  readonly lastUsed: Float32Array;
}

/** Fresh state; every code counts as used at step 0, and `codes` [V, Z] are scaled to unit length. */
export function createCodebookState(codes: Float32Array, V: number): CodebookState {
  const Z = codes.length / V;
  for (let v = 0; v < V; v++) normalise(codes, v * Z, Z);
  return { counts: new Float32Array(V).fill(1), sums: Float32Array.from(codes), lastUsed: new Float32Array(V) };
}

/**
 * After a step: notes which codes were chosen, moves averaged codes, and gives dead ones the place of a current encoder
 * vector: a scale at random, then one of its vectors, so that coarse scales get their share of codes.
 * @returns numbers of the codes that were revived.
 */
export function updateCodebook(
  codes: Float32Array,
  state: CodebookState,
  scales: readonly Assigned[],
  step: number,
  options: CodebookOptions,
  random: Random,
): number[] {
  const { counts, sums, lastUsed } = state;
  const V = counts.length;
  const Z = codes.length / V;
  if (options.update === "average") {
    const keep = options.decay;
    for (let i = 0; i < V; i++) counts[i]! *= keep;
    for (let i = 0; i < sums.length; i++) sums[i]! *= keep;
  }
  for (const { rows, tokens } of scales) {
    for (let n = 0; n < tokens.length; n++) {
      const v = tokens[n]!;
      lastUsed[v] = step;
      if (options.update !== "average") continue;
      counts[v]! += 1 - options.decay;
      for (let z = 0; z < Z; z++) sums[v * Z + z]! += (1 - options.decay) * rows[n * Z + z]!;
    }
  }
  if (options.update === "average") {
    for (let v = 0; v < V; v++) {
      if (lastUsed[v] !== step) continue;
      for (let z = 0; z < Z; z++) codes[v * Z + z] = sums[v * Z + z]!;
      normalise(codes, v * Z, Z);
    }
  }
  return reviveDead(codes, state, scales, step, options, random);
}

function reviveDead(
  codes: Float32Array,
  { counts, sums, lastUsed }: CodebookState,
  scales: readonly Assigned[],
  step: number,
  options: CodebookOptions,
  random: Random,
): number[] {
  const V = counts.length;
  const Z = codes.length / V;
  const dead: number[] = [];
  for (let v = 0; v < V; v++) if (step - lastUsed[v]! >= options.deadAfter) dead.push(v);
  const chosen = dead.length > options.revivePerStep ? random.shuffle(dead).slice(0, options.revivePerStep) : dead;
  for (const v of chosen) {
    const { rows, tokens } = scales[random.int(scales.length)]!;
    const from = random.int(tokens.length) * Z;
    for (let z = 0; z < Z; z++) {
      codes[v * Z + z] = rows[from + z]!;
      sums[v * Z + z] = rows[from + z]!;
    }
    normalise(codes, v * Z, Z);
    counts[v] = 1;
    lastUsed[v] = step;
  }
  return chosen;
}

function normalise(values: Float32Array, at: number, length: number): void {
  let square = 0;
  for (let i = 0; i < length; i++) square += values[at + i]! ** 2;
  const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
  for (let i = 0; i < length; i++) values[at + i]! *= scale;
}

/** How evenly codes are chosen: the share that is chosen at all, and exp(entropy) of the choices. */
export function codebookUsage(histogram: Float64Array): { readonly used: number; readonly perplexity: number } {
  const total = histogram.reduce((sum, n) => sum + n, 0);
  if (total === 0) return { used: 0, perplexity: 0 };
  let used = 0;
  let entropy = 0;
  for (const n of histogram) {
    if (n === 0) continue;
    used++;
    entropy -= (n / total) * Math.log(n / total);
  }
  return { used: used / histogram.length, perplexity: Math.exp(entropy) };
}
