/** What a run will take in memory and in work, from its plan alone. */
import { flopsFormula, type Program, peakFormula } from "../engine/index.ts";
import { downsampling } from "../models/index.ts";
import { type Grid, gridTokens } from "../sampling/index.ts";
import {
  conditioningProgram,
  decoderProgram,
  embedProgram,
  encoderProgram,
  type NetworkConfigs,
  quantiseProgram,
  stepProgram,
  transformerOf,
} from "./programs.ts";

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

interface Totals {
  bytes: number;
  held: number;
  transformer: number;
  tokenizer: number;
  calls: number;
}

/** What a program takes, as functions of its symbolic dimensions. */
interface Formulas {
  flops(symbols: Readonly<Record<string, number>>): number;
  peak(symbols: Readonly<Record<string, number>>): number;
}

const formulasOf = (program: Program): Formulas => ({ flops: flopsFormula(program), peak: peakFormula(program) });

/** Computes costs for networks of these sizes; nothing of a model but its configuration is needed. */
export function createCostModel(configs: NetworkConfigs): CostModel {
  const known = new Map<string, Formulas>();
  const formulas = (name: string, trace: () => Program): Formulas => {
    const one = known.get(name) ?? formulasOf(trace());
    known.set(name, one);
    return one;
  };
  const { tokenizer } = configs;
  const factor = downsampling(tokenizer);
  const pixels = (grid: Grid): number => gridTokens(grid) * factor * factor;

  const decode = (totals: Totals, grid: Grid, rows: number, held: number, times = 1): void => {
    const program = formulas("decoder", () => decoderProgram(tokenizer));
    const at = { B: 1, h: grid[0], w: grid[1] };
    const picture = 3 * FLOAT * pixels(grid);
    totals.tokenizer += times * rows * program.flops(at);
    totals.calls += times * rows;
    // The decoded batch, the picture at work twice (the runtime's and the host's), and its bytes before they are written.
    const host = rows * picture + picture + pixels(grid) * 8;
    totals.bytes = Math.max(totals.bytes, held + Math.max(program.peak(at), 2 * picture) + host);
  };
  const encode = (totals: Totals, grid: Grid, times: number): void => {
    const program = formulas("encoder", () => encoderProgram(tokenizer));
    const at = { B: 1, h: grid[0], w: grid[1] };
    totals.tokenizer += times * program.flops(at);
    totals.calls += 3 * times;
    totals.bytes = Math.max(totals.bytes, totals.held + program.peak(at) + 2 * 3 * FLOAT * pixels(grid));
    const quantise = formulas("quantise", () => quantiseProgram(tokenizer));
    const cells = { B: 1, h: grid[0], w: grid[1], h2: grid[0], w2: grid[1] };
    totals.tokenizer += 2 * times * quantise.flops(cells);
    totals.bytes = Math.max(totals.bytes, totals.held + quantise.peak(cells));
  };
  const sample = (totals: Totals, stage: Stage & { kind: "sample" }): void => {
    const { grids, rows: B, guidedScales, times = 1, decoded = [grids.length - 1] } = stage;
    const { depth, width: C, codebookSize: V, positionSide: S } = transformerOf(configs);
    const embed = formulas("embed", () => embedProgram(configs));
    const cacheOf = (R: number, tokens: number): number => 2 * depth * R * tokens * C * FLOAT;
    const conditioning = formulas("conditioning", () => conditioningProgram(configs));
    totals.transformer += times * conditioning.flops({ R: guidedScales > 0 ? 2 * B : B, K: 1 });
    totals.calls += times * 2 * grids.length;
    let past = 0;
    let garbage = 0;
    for (const [i, grid] of grids.entries()) {
      const l = gridTokens(grid);
      const guided = i < guidedScales;
      const R = guided ? 2 * B : B;
      const step = formulas(`step ${guided}`, () => stepProgram(configs, guided));
      // The rows without a class are left out of the cache: what stays is copied.
      if (i > 0 && i === guidedScales) totals.bytes = Math.max(totals.bytes, totals.held + 2 * cacheOf(2 * B, past));
      const at = { B, l, p: past };
      const logits = B * l * V * FLOAT;
      const isLast = i === grids.length - 1;
      const inputs = cacheOf(R, past) + R * (6 * depth + 2) * C * FLOAT + l * S * S * FLOAT + R * l * C * FLOAT;
      const outputs = logits + (isLast ? 0 : cacheOf(R, past + l));
      const work = Math.max(step.peak(at), 2 * outputs);
      totals.bytes = Math.max(totals.bytes, totals.held + inputs + work + Math.min(garbage, GARBAGE_BYTES));
      totals.transformer += times * step.flops(at);
      const before = grids[i - 1];
      if (before !== undefined)
        totals.transformer += times * embed.flops({ R, h: before[0], w: before[1], h2: grid[0], w2: grid[1] });
      garbage = cacheOf(R, past) + logits + l * S * S * FLOAT;
      past += l;
      if (!decoded.includes(i)) continue;
      const held = totals.held + logits + (isLast ? 0 : cacheOf(R, past)) + Math.min(garbage, GARBAGE_BYTES);
      decode(totals, grid, B, held, times);
    }
  };
  return {
    cost(stages) {
      const totals: Totals = { bytes: 0, held: SMALL_BYTES, transformer: 0, tokenizer: 0, calls: 0 };
      for (const stage of stages) {
        if (stage.kind === "sample") sample(totals, stage);
        else if (stage.kind === "hold") totals.held += stage.bytes;
        else if (stage.kind === "encode") encode(totals, stage.grid, stage.times ?? 1);
        else decode(totals, stage.grid, 1, totals.held, stage.times);
        totals.bytes = Math.max(totals.bytes, totals.held);
      }
      return {
        bytes: totals.bytes,
        transformerFlops: totals.transformer,
        tokenizerFlops: totals.tokenizer,
        calls: totals.calls,
      };
    },
  };
}
