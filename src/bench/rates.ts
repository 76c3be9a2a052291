/** What this machine can do at best: plain products on the same runtime. */
import { input, ops, type Program, param, program } from "../engine/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import type { Probe } from "./rounds.ts";

/** What a run lasts: a single product would catch the processor's best moment; the networks that are compared run for seconds. */
const PROBE_MILLISECONDS = 1000;

function noise(size: number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = ((i * 7919) % 1009) / 1009 - 0.5;
  return values;
}

async function probe(runtime: Runtime, p: Program, x: Value, flops: number): Promise<Probe> {
  const weights = new Map(
    p.params.map((t) => {
      const size = (t.shape as number[]).reduce((n, d) => n * d, 1);
      return [t.name!, { kind: "memory" as const, data: noise(size) }];
    }),
  );
  const session = await runtime.open(p, { weights });
  await session.run({ x });
  return {
    flops,
    async run() {
      const begin = performance.now();
      let runs = 0;
      do {
        await session.run({ x });
        runs++;
      } while (performance.now() - begin < PROBE_MILLISECONDS);
      return (performance.now() - begin) / 1000 / runs;
    },
    dispose: () => session.dispose(),
  };
}

/** fp32 MatMul [1360, 1536] × [1536, 6144]: the product of d24's feed-forward layer over two rows of 680 tokens. */
export function matmulProbe(runtime: Runtime): Promise<Probe> {
  const [m, k, n] = [1360, 1536, 6144];
  const p = program("matmul", { y: ops.matmul(input("x", "float32", [m, k]), param("w", [k, n])) });
  return probe(runtime, p, runtime.floats(noise(m * k), [m, k]), 2 * m * k * n);
}

/** fp32 3×3 convolution, 128 to 128 channels at 256²: the decoder's last level. */
export function convProbe(runtime: Runtime): Promise<Probe> {
  const [c, side] = [128, 256];
  const image = input("x", "float32", [1, c, side, side]);
  const p = program("conv", { y: ops.conv(image, param("w", [c, c, 3, 3]), param("b", [c]), { pads: [1, 1, 1, 1] }) });
  const x = runtime.floats(noise(c * side * side), [1, c, side, side]);
  return probe(runtime, p, x, 2 * side * side * c * c * 9);
}
