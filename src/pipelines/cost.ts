/** What a run will take in memory and in work, from its plan alone. */
import { flopsFormula, peakFormula, type Symbols } from "../engine/index.ts";
import { downsampling, quantizableWeights } from "../models/index.ts";
import type { ComputeType } from "../runtime/index.ts";
import { type Grid, gridTokens } from "../sampling/index.ts";
import { programOfType } from "./half-programs.ts";
import { type NetworkConfigs, type ProgramName, transformerOf } from "./programs.ts";

/** What a run is made of, in the order in which it happens. */
export type Stage =
  | {
      readonly kind: "sample";
      readonly grids: readonly Grid[];
      /** Pictures side by side. */
      readonly rows: number;
      /** Scales, from the first on, that are computed with the class and without. */
      readonly guidedScales: number;
      /** Scales whose pictures are decoded while the sampler waits, by number; the last one is, unless it is left out. */
      readonly decoded?: readonly number[];
      readonly times?: number;
    }
  | { readonly kind: "encode" | "decode"; readonly grid: Grid; readonly times?: number }
  /** What the host holds from here on to the end, in bytes; negative where it lets go. */
  | { readonly kind: "hold"; readonly bytes: number };

/** What a run takes. */
export interface RunCost {
  /** Most bytes at a time above the process that waits with its model open. */
  readonly bytes: number;
  /** Floating-point operations of products, 2·m·n·k of each: those of the transformer and those of the tokenizer. */
  readonly transformerFlops: number;
  readonly tokenizerFlops: number;
  /** Calls of the networks, each of which takes some time whatever its work. */
  readonly calls: number;
}

/** Operations a second and seconds a call, found at the start of a process (`calibrate`). */
export interface WorkRate {
  readonly transformer: number;
  readonly tokenizer: number;
  /** Seconds that a call takes beside its work. */
  readonly call: number;
}

/** Seconds that any run takes beside its calls: code that is compiled, a file that is written. */
const SMALL_SECONDS = 0.04;

/** Seconds that a run will take. */
export const costSeconds = (cost: RunCost, rate: WorkRate): number =>
  SMALL_SECONDS +
  cost.transformerFlops / rate.transformer +
  cost.tokenizerFlops / rate.tokenizer +
  cost.calls * rate.call;

export interface CostModel {
  cost(stages: readonly Stage[]): RunCost;
}

/** Bytes of arrays that nothing refers to any more and that the garbage collector has not yet taken, at most. */
const GARBAGE_BYTES = 64 * 2 ** 20;
/** What any run takes beside its arrays: code that is compiled, small objects, threads' stacks. */
const SMALL_BYTES = 16 * 2 ** 20;
const FLOAT = 4;
const HALF = 2;

/** What a program takes, as functions of its symbolic dimensions. */
interface Formulas {
  flops(symbols: Symbols): number;
  peak(symbols: Symbols): number;
}

/** Networks whose formulas are made when they are first asked for. */
interface CostedNetworks {
  readonly configs: NetworkConfigs;
  /** Bytes of one number of the keys and values. */
  readonly cached: number;
  formulas(name: ProgramName): Formulas;
}

/** What a run has taken so far, and what the host holds at the time. */
type Totals = { -readonly [K in keyof RunCost]: RunCost[K] } & { held: number };

/** Notes that `bytes` are taken beside what is held. */
function reach(totals: Totals, bytes: number): void {
  totals.bytes = Math.max(totals.bytes, totals.held + bytes);
}

/**
 * Computes costs for networks of these sizes; nothing of a model but its configuration is needed.
 * @param dtype what they compute in. Of int8 every weight that may be multiplied in integers is taken to be, unless `configs` names them.
 */
export function createCostModel(given: NetworkConfigs, dtype: ComputeType = "fp32"): CostModel {
  const configs = dtype === "int8" ? inIntegers(given) : given;
  const known = new Map<ProgramName, Formulas>();
  const formulas = (name: ProgramName): Formulas => {
    const program = known.has(name) ? undefined : programOfType(name, configs, dtype);
    if (program !== undefined) known.set(name, { flops: flopsFormula(program), peak: peakFormula(program) });
    return known.get(name)!;
  };
  const networks = { configs, cached: dtype === "fp16" ? HALF : FLOAT, formulas };
  return {
    cost(stages) {
      const totals: Totals = { bytes: 0, held: SMALL_BYTES, transformerFlops: 0, tokenizerFlops: 0, calls: 0 };
      for (const stage of stages) {
        if (stage.kind === "sample") sample(networks, totals, stage);
        else if (stage.kind === "hold") totals.held += stage.bytes;
        else if (stage.kind === "encode") encode(networks, totals, stage.grid, stage.times ?? 1);
        else decode(networks, totals, stage.grid, 1, stage.times);
        reach(totals, 0);
      }
      const { held: _, ...cost } = totals;
      return cost;
    },
  };
}

/** The networks with every weight in integers that may be. */
function inIntegers(configs: NetworkConfigs): NetworkConfigs {
  const { transformer, quantized } = configs;
  if (transformer === null || quantized !== undefined) return configs;
  return { ...configs, quantized: new Set(quantizableWeights(transformer)) };
}

const pictureBytes = ({ tokenizer }: NetworkConfigs, grid: Grid): number =>
  3 * FLOAT * gridTokens(grid) * downsampling(tokenizer) ** 2;

function decode({ configs, formulas }: CostedNetworks, totals: Totals, grid: Grid, rows: number, times = 1): void {
  const { flops, peak } = formulas("decoder");
  const at = { B: 1, h: grid[0], w: grid[1] };
  const picture = pictureBytes(configs, grid);
  totals.tokenizerFlops += times * rows * flops(at);
  totals.calls += times * rows;
  // The decoded batch, the picture at work twice (the runtime's and the host's), and its bytes before they are written.
  const host = rows * picture + picture + (8 * picture) / (3 * FLOAT);
  reach(totals, Math.max(peak(at), 2 * picture) + host);
}

function encode({ configs, formulas }: CostedNetworks, totals: Totals, grid: Grid, times: number): void {
  const [encoder, quantise] = [formulas("encoder"), formulas("quantise")];
  const at = { B: 1, h: grid[0], w: grid[1], h2: grid[0], w2: grid[1] };
  totals.tokenizerFlops += times * (encoder.flops(at) + 2 * quantise.flops(at));
  totals.calls += 3 * times;
  reach(totals, encoder.peak(at) + 2 * pictureBytes(configs, grid));
  reach(totals, quantise.peak(at));
}

function sample(networks: CostedNetworks, totals: Totals, stage: Stage & { kind: "sample" }): void {
  const { configs, cached, formulas } = networks;
  const { grids, rows: B, guidedScales, times = 1, decoded = [grids.length - 1] } = stage;
  const { depth, width: C, codebookSize: V, positionSide: S } = transformerOf(configs);
  const cacheOf = (R: number, tokens: number): number => 2 * depth * R * tokens * C * cached;
  totals.transformerFlops += times * formulas("conditioning").flops({ R: guidedScales > 0 ? 2 * B : B, K: 1 });
  totals.calls += times * 2 * grids.length;
  let past = 0;
  let garbage = 0;
  for (const [i, grid] of grids.entries()) {
    const l = gridTokens(grid);
    const guided = i < guidedScales;
    const R = guided ? 2 * B : B;
    const step = formulas(guided ? "guidedStep" : "step");
    // The rows without a class are left out of the cache: what stays is copied.
    if (i > 0 && i === guidedScales) reach(totals, 2 * cacheOf(2 * B, past));
    const at = { B, l, p: past };
    const logits = B * l * V * FLOAT;
    const kept = i === grids.length - 1 ? 0 : cacheOf(R, past + l);
    const inputs = cacheOf(R, past) + R * (6 * depth + 2) * C * FLOAT + l * S * S * FLOAT + R * l * C * FLOAT;
    const work = Math.max(step.peak(at), 2 * (logits + kept));
    reach(totals, inputs + work + Math.min(garbage, GARBAGE_BYTES));
    totals.transformerFlops += times * step.flops(at);
    const before = grids[i - 1];
    if (before !== undefined)
      totals.transformerFlops +=
        times * formulas("embed").flops({ R, h: before[0], w: before[1], h2: grid[0], w2: grid[1] });
    garbage = cacheOf(R, past) + logits + l * S * S * FLOAT;
    past += l;
    if (!decoded.includes(i)) continue;
    const held = logits + kept + Math.min(garbage, GARBAGE_BYTES);
    totals.held += held;
    decode(networks, totals, grid, B, times);
    totals.held -= held;
  }
}
