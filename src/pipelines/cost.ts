/** What a run will take in memory and in work, from its plan alone. */
import { countFlops, type Program, peakBytes } from "../engine/index.ts";
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
      readonly guided: boolean;
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
}

/** Operations a second, found at the start of a process (`calibrate`). */
export interface WorkRate {
  readonly transformer: number;
  readonly tokenizer: number;
}

/** Seconds that a run will take. */
export const costSeconds = (cost: RunCost, rate: WorkRate): number =>
  cost.transformerFlops / rate.transformer + cost.tokenizerFlops / rate.tokenizer;

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
}

/** Computes costs for networks of these sizes; nothing of a model but its configuration is needed. */
export function createCostModel(configs: NetworkConfigs): CostModel {
  const programs = new Map<string, Program>();
  const traced = (name: string, trace: () => Program): Program => {
    const known = programs.get(name) ?? trace();
    programs.set(name, known);
    return known;
  };
  const { tokenizer } = configs;
  const factor = downsampling(tokenizer);
  const pixels = (grid: Grid): number => gridTokens(grid) * factor * factor;

  const decode = (totals: Totals, grid: Grid, times: number, held: number): void => {
    const program = traced("decoder", () => decoderProgram(tokenizer));
    const at = { B: 1, h: grid[0], w: grid[1] };
    const picture = 3 * FLOAT * pixels(grid);
    totals.tokenizer += times * countFlops(program, at);
    // The decoded batch, the picture at work twice (the runtime's and the host's), and its bytes before they are written.
    const host = times * picture + picture + pixels(grid) * 8;
    totals.bytes = Math.max(totals.bytes, held + Math.max(peakBytes(program, at), 2 * picture) + host);
  };
  const encode = (totals: Totals, grid: Grid, times: number): void => {
    const program = traced("encoder", () => encoderProgram(tokenizer));
    const at = { B: 1, h: grid[0], w: grid[1] };
    totals.tokenizer += times * countFlops(program, at);
    totals.bytes = Math.max(totals.bytes, totals.held + peakBytes(program, at) + 2 * 3 * FLOAT * pixels(grid));
    const quantise = traced("quantise", () => quantiseProgram(tokenizer));
    const cells = { B: 1, h: grid[0], w: grid[1], h2: grid[0], w2: grid[1] };
    totals.tokenizer += 2 * times * countFlops(quantise, cells);
    totals.bytes = Math.max(totals.bytes, totals.held + peakBytes(quantise, cells));
  };
  const sample = (totals: Totals, stage: Stage & { kind: "sample" }): void => {
    const { grids, rows: B, guided, times = 1, decoded = [grids.length - 1] } = stage;
    const { depth, width: C, codebookSize: V, positionSide: S } = transformerOf(configs);
    const R = guided ? 2 * B : B;
    const step = traced(`step ${guided}`, () => stepProgram(configs, guided));
    const embed = traced("embed", () => embedProgram(configs));
    const cacheOf = (tokens: number): number => 2 * depth * R * tokens * C * FLOAT;
    totals.transformer +=
      times *
      countFlops(
        traced("conditioning", () => conditioningProgram(configs)),
        { R },
      );
    let past = 0;
    let garbage = 0;
    for (const [i, grid] of grids.entries()) {
      const l = gridTokens(grid);
      const at = { B, l, p: past };
      const logits = B * l * V * FLOAT;
      const isLast = i === grids.length - 1;
      const inputs = cacheOf(past) + R * (6 * depth + 2) * C * FLOAT + l * S * S * FLOAT + R * l * C * FLOAT;
      const outputs = logits + (isLast ? 0 : cacheOf(past + l));
      const work = Math.max(peakBytes(step, at), 2 * outputs);
      totals.bytes = Math.max(totals.bytes, totals.held + inputs + work + Math.min(garbage, GARBAGE_BYTES));
      totals.transformer += times * countFlops(step, at);
      const before = grids[i - 1];
      if (before !== undefined)
        totals.transformer += times * countFlops(embed, { R, h: before[0], w: before[1], h2: grid[0], w2: grid[1] });
      garbage = cacheOf(past) + logits + l * S * S * FLOAT;
      past += l;
      if (!decoded.includes(i)) continue;
      const held = totals.held + logits + (isLast ? 0 : cacheOf(past)) + Math.min(garbage, GARBAGE_BYTES);
      decode(totals, grid, B, held);
      if (times > 1)
        totals.tokenizer +=
          (times - 1) *
          B *
          countFlops(
            traced("decoder", () => decoderProgram(tokenizer)),
            { B: 1, h: grid[0], w: grid[1] },
          );
    }
  };
  return {
    cost(stages) {
      const totals: Totals = { bytes: 0, held: SMALL_BYTES, transformer: 0, tokenizer: 0 };
      for (const stage of stages) {
        if (stage.kind === "sample") sample(totals, stage);
        else if (stage.kind === "hold") totals.held += stage.bytes;
        else if (stage.kind === "encode") encode(totals, stage.grid, stage.times ?? 1);
        else decode(totals, stage.grid, stage.times ?? 1, totals.held);
        totals.bytes = Math.max(totals.bytes, totals.held);
      }
      return { bytes: totals.bytes, transformerFlops: totals.transformer, tokenizerFlops: totals.tokenizer };
    },
  };
}
