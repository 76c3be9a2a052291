/** What this machine can do at best: plain products on the same runtime. */
import { input, ops, type Program, param, program, quantizeProducts, type Tensor } from "../engine/index.ts";
import type { Runtime, Value } from "../runtime/index.ts";
import type { Probe } from "./rounds.ts";

/** What a run lasts: a single product would catch the processor's best moment; the networks that are compared run for seconds. */
const PROBE_MILLISECONDS = 1000;

function noise(size: number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = ((i * 7919) % 1009) / 1009 - 0.5;
  return values;
}

async function probe(runtime: Runtime, p: Program, x: Value, flops: number, prepack = true): Promise<Probe> {
  const weights = new Map(
    p.params.map((t) => {
      const values = noise((t.shape as number[]).reduce((n, d) => n * d, 1));
      const data = t.dtype === "int8" ? Int8Array.from(values, (value) => 254 * value) : values;
      return [t.name!, { kind: "memory" as const, data }];
    }),
  );
  const session = await runtime.open(p, { weights, prepack });
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

/** The products of one block of width C over `rows` tokens, one after the other: attention's two, and those of the feed-forward layer. */
export function blockProbe(
  runtime: Runtime,
  C: number,
  rows: number,
  inIntegers: boolean,
  prepack: boolean,
): Promise<Probe> {
  const times = (x: Tensor, name: string, N: number): Tensor =>
    ops.matmul(x, param(name, [N, x.shape.at(-1) as number]), { transB: true });
  const x = input("x", "float32", [rows, C]);
  const qkv = times(x, "qkv", 3 * C);
  const attended = times(ops.slice(qkv, 1, 0, C), "proj", C);
  const p = program("block", { y: times(times(attended, "fc1", 4 * C), "fc2", C) });
  const by = (name: string) => ({ weight: `${name}_int8`, scale: `${name}_scale`, digits: 1 as const });
  const measured = inIntegers ? quantizeProducts(p, by) : p;
  return probe(runtime, measured, runtime.floats(noise(rows * C), [rows, C]), 2 * rows * 12 * C * C, prepack);
}

/** fp32 3×3 convolution, 128 to 128 channels at 256²: the decoder's last level. */
export function convProbe(runtime: Runtime): Promise<Probe> {
  const [c, side] = [128, 256];
  const image = input("x", "float32", [1, c, side, side]);
  const p = program("conv", { y: ops.conv(image, param("w", [c, c, 3, 3]), param("b", [c]), { pads: [1, 1, 1, 1] }) });
  const x = runtime.floats(noise(c * side * side), [1, c, side, side]);
  return probe(runtime, p, x, 2 * side * side * c * c * 9);
}
