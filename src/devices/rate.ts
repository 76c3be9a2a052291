/** How fast a device is at what takes the time: products with stored weights. */
import { input, ops, param, program } from "../engine/index.ts";
import type { Runtime } from "../runtime/index.ts";

const [ROWS, INNER, WIDTH] = [256, 1024, 4096];
const RUNS = 3;

/** GFLOP/s of the best of some runs, the way of rows and results to and from the device included. */
export async function productRate(runtime: Runtime): Promise<number> {
  const y = ops.matmul(input("x", "float32", ["n", INNER]), param("w", [WIDTH, INNER]), { transB: true });
  // Reduced on the device: as little comes back as after a network.
  const weights = new Map([["w", { kind: "memory", data: new Float32Array(WIDTH * INNER).fill(0.5) } as const]]);
  const session = await runtime.open(program("rate", { y: ops.reduceMean(y, [1]) }), { weights });
  try {
    const x = runtime.floats(new Float32Array(ROWS * INNER).fill(0.5), [ROWS, INNER]);
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run <= RUNS; run++) {
      const begin = performance.now();
      await session.run({ x });
      // The first one compiles.
      if (run > 0) least = Math.min(least, performance.now() - begin);
    }
    return (2 * ROWS * INNER * WIDTH) / least / 1e6;
  } finally {
    await session.dispose();
  }
}
