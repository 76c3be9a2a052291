/** How fast this machine runs a model: its own networks on a little work. */
import { countFlops, type Program } from "../engine/index.ts";
import type { Value } from "../runtime/index.ts";
import type { WorkRate } from "./cost.ts";
import type { Networks } from "./networks.ts";
import { transformerOf } from "./programs.ts";

/** Operations that a probe is about: some ten milliseconds of a processor. */
const PROBE_FLOPS = 1e9;
/** Runs of which the fastest counts: others may take the machine for a moment. */
const PROBES = 3;
/** Cells of the grid that the probes look at, at least and at most. */
const LEAST = 4;
const MOST = 16;

/**
 * Opens the sessions that drawing takes, and times them: a guided step and a decoding of a small grid, each at its fastest
 * after the first time. A machine that is busy throughout gives a lower rate.
 */
export async function calibrate(networks: Networks): Promise<WorkRate> {
  const { rate, call } = await stepRate(networks);
  return { transformer: rate, tokenizer: await decoderRate(networks), call };
}

/** The side of the largest grid whose work is not over the probe's. */
function probeSide(program: Program, at: (side: number) => Record<string, number>): number {
  let side = LEAST;
  while (side < MOST && countFlops(program, at(side + 1)) <= PROBE_FLOPS) side++;
  return side;
}

/** Seconds of the fastest of some runs after the first. */
async function fastest(run: () => Promise<unknown>): Promise<number> {
  await run();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < PROBES; i++) {
    const begin = performance.now();
    await run();
    best = Math.min(best, performance.now() - begin);
  }
  return Math.max(1e-4, best / 1000);
}

async function decoderRate({ runtime, decoder }: Networks): Promise<number> {
  const session = await decoder();
  const side = probeSide(session.program, (s) => ({ B: 1, h: s, w: s }));
  const tokens = runtime.ints(new Int32Array(side * side), [1, side, side]);
  return countFlops(session.program, { B: 1, h: side, w: side }) / (await fastest(() => session.run({ tokens })));
}

/** Operations a second of a guided step, and what one of a single cell takes, which is next to nothing but the call. */
async function stepRate(networks: Networks): Promise<{ rate: number; call: number }> {
  const { runtime, configs } = networks;
  const { depth, width: C, heads: H, positionSide: S } = transformerOf(configs);
  const session = await networks.step(true);
  const side = probeSide(session.program, (s) => ({ B: 1, l: s * s, p: 0 }));
  const filled = (dims: readonly number[]): Value =>
    runtime.floats(new Float32Array(dims.reduce((n, d) => n * d, 1)).fill(0.01), dims);
  const blocks = Array.from({ length: depth }, (_, i): [string, Value][] => [
    [`block_${i}`, filled([2, 6, C])],
    [`k_${i}`, filled([2, H, 0, C / H])],
    [`v_${i}`, filled([2, H, 0, C / H])],
  ]);
  const feeds = (l: number) => ({
    x: filled([2, l, C]),
    pool: filled([l, S * S]),
    head: filled([2, 2, C]),
    mix_a: filled([]),
    mix_b: filled([]),
    ...Object.fromEntries(blocks.flat()),
  });
  const secondsOf = (l: number): Promise<number> => {
    const given = feeds(l);
    return fastest(() => session.run(given, { logits: null }));
  };
  const cells = side * side;
  return {
    rate: countFlops(session.program, { B: 1, l: cells, p: 0 }) / (await secondsOf(cells)),
    call: await secondsOf(1),
  };
}
