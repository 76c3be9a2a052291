/** How fast a device is at what takes the time: products with stored weights. */
import { input, ops, param, program } from "../engine/index.ts";
import type { Runtime, Session } from "../runtime/index.ts";

const [ROWS, FEW_ROWS, INNER, WIDTH] = [256, 8, 1024, 4096];
const RUNS = 3;
const SLOW_MS = 50;

/** GFLOP/s of the best of some runs, the way of rows and results to and from the device included. */
export async function productRate(runtime: Runtime): Promise<number> {
  const y = ops.matmul(input("x", "float32", ["n", INNER]), param("w", [WIDTH, INNER]), { transB: true });
  // Reduced on the device: as little comes back as after a network.
  const weights = new Map([["w", { kind: "memory", data: new Float32Array(WIDTH * INNER).fill(0.5) } as const]]);
  const session = await runtime.open(program("rate", { y: ops.reduceMean(y, [1]) }), { weights });
  try {
    // A few rows first: what is slow is not asked for many. Each first run compiles.
    const few = await leastTime(runtime, session, FEW_ROWS);
    const rows = few < SLOW_MS ? ROWS : FEW_ROWS;
    const least = rows === ROWS ? await leastTime(runtime, session, ROWS) : few;
    return (2 * rows * INNER * WIDTH) / least / 1e6;
  } finally {
    await session.dispose();
  }
}

/** Milliseconds of the fastest of some runs of so many rows. */
async function leastTime(runtime: Runtime, session: Session, rows: number): Promise<number> {
  const x = runtime.floats(new Float32Array(rows * INNER).fill(0.5), [rows, INNER]);
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run <= RUNS; run++) {
    const begin = performance.now();
    await session.run({ x });
    if (run > 0) least = Math.min(least, performance.now() - begin);
  }
  return least;
}
