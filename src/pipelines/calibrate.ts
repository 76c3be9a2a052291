/** How fast this machine runs a model: its own networks on a little work. */
import { countFlops, input, ops, type Program, param, program } from "../engine/index.ts";
import type { Runtime } from "../runtime/index.ts";
import type { WorkRate } from "./cost.ts";
import { openRun } from "./forward.ts";
import { LARGE_MODEL_BYTES, type Networks } from "./networks.ts";

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

/**
 * The same before a command's first picture, with what the model takes when it is open: a large model is not tried out, which would take
 * several times as long as its first scale.
 */
export async function calibrateQuickly(
  networks: Networks,
  residentBytes: () => number,
): Promise<{ readonly rate: WorkRate; readonly idleBytes: number }> {
  const { runtime, weightBytes } = networks;
  if (weightBytes <= LARGE_MODEL_BYTES) {
    const rate = await calibrate(networks);
    return { rate, idleBytes: residentBytes() };
  }
  const products = SHARE_OF_PRODUCTS * (await productRate(runtime));
  // The weights are mapped: they become resident as the first scale reads them.
  return {
    rate: { transformer: products, tokenizer: products, call: CALL_SECONDS },
    idleBytes: residentBytes() + weightBytes,
  };
}

/** What large networks reach of the rate of plain products: transformers 0.7 to 0.8, decoders 0.8 to 0.9, small scales included. */
const SHARE_OF_PRODUCTS = 0.75;
/** Seconds that a call takes beside its work. */
const CALL_SECONDS = 1e-3;

/** Operations a second of a product [128, 1024] × [1024, 1024]. */
async function productRate(runtime: Runtime): Promise<number> {
  const [m, k] = [128, 1024];
  const p = program("product", { y: ops.matmul(input("x", "float32", [m, k]), param("w", [k, k])) });
  const weights = new Map([["w", { kind: "memory" as const, data: new Float32Array(k * k).fill(1) }]]);
  const session = await runtime.open(p, { weights });
  try {
    const x = runtime.floats(new Float32Array(m * k).fill(1), [m, k]);
    return countFlops(p, {}) / (await fastest(async () => () => session.run({ x })));
  } finally {
    await session.dispose();
  }
}

/** The side of the largest grid whose work is not over the probe's. */
function probeSide(program: Program, at: (side: number) => Record<string, number>): number {
  let side = LEAST;
  while (side < MOST && countFlops(program, at(side + 1)) <= PROBE_FLOPS) side++;
  return side;
}

/** Seconds of the fastest of some runs after the first. @param prepare what comes before a run, untimed */
async function fastest(prepare: () => Promise<() => Promise<unknown>>): Promise<number> {
  await (await prepare())();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < PROBES; i++) {
    const run = await prepare();
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
  return (
    countFlops(session.program, { B: 1, h: side, w: side }) / (await fastest(async () => () => session.run({ tokens })))
  );
}

/** Operations a second of a guided step, and what one of a single cell takes, which is next to nothing but the call. */
async function stepRate(networks: Networks): Promise<{ rate: number; call: number }> {
  const { program } = await networks.step(true);
  const side = probeSide(program, (s) => ({ B: 1, l: s * s, p: 0 }));
  const secondsOf = (s: number): Promise<number> =>
    fastest(async () => {
      const conditions = [[{ id: 0, weight: 1 }]];
      const run = await openRun(networks, { conditions, grids: [[s, s]], guidanceWeights: [{ a: 2, b: -1 }] });
      return () => run.next();
    });
  const rate = countFlops(program, { B: 1, l: side * side, p: 0 }) / (await secondsOf(side));
  return { rate, call: await secondsOf(1) };
}
