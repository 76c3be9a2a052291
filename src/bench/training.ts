/** One training step of each network: the whole graph, forward, backward, clipping, AdamW and moving averages. */
import { countFlops, evaluateDim, input, type Program, type Shape } from "../engine/index.ts";
import { CODEBOOK, declareTokenizer, declareTransformer, flexvarConfig, teacherForced } from "../models/index.ts";
import { paramTensors } from "../nn/index.ts";
import type { Runtime, Session, Value } from "../runtime/index.ts";
import { crossEntropy, paperAdamW, stepProgram, tokenizerObjective } from "../train/index.ts";
import type { Probe } from "./rounds.ts";

/** A traced step, and the values of its symbolic dimensions. */
interface TracedStep {
  readonly program: Program;
  readonly symbols: Readonly<Record<string, number>>;
}

/** Side of the pictures, pictures of a batch, and the two pooled grids: as the peer's `train-tokenizer`. */
const tokenizerRun = { size: 64, batch: 8, sides: [6, 10] };

/** Grids, pictures of a batch and classes: as the peer's `train`. */
const transformerRun = { sides: [1, 2, 3, 4, 5, 6, 8], batch: 16, classes: 64, codes: 4096, depth: 6 };

/** The tokenizer that emoji pictures of 64 px are trained with: patches of 2, grids 32×32 of 48 and 16×16 of 96 channels. */
export function tokenizerStep(): TracedStep {
  const { size, batch, sides } = tokenizerRun;
  const config = {
    baseChannels: 48,
    channelMultipliers: [1, 2],
    resBlocks: 1,
    decoderResBlocks: 1,
    attention: false,
    latentChannels: 48,
    codeDim: 16,
    codebookSize: 2048,
    normGroups: 8,
    patchSize: 2,
  };
  const weights = {
    pixel: 1,
    absolute: 0.1,
    logPixel: 0,
    gradient: 0.03,
    gradientLevels: 3,
    codebook: 0,
    commitment: 0.25,
    smallScales: 0.5,
  };
  const decls = declareTokenizer(config);
  const p = paramTensors(decls);
  const native = size / 4;
  const image = input("image", "float32", ["B", 3, size, size]);
  const { total } = tokenizerObjective(p, config, image, [native, native], sides.length, weights);
  const trained = decls.filter(({ name }) => name !== CODEBOOK);
  const options = { adamW: { ...paperAdamW, beta2: 0.99, weightDecay: 0.01 }, clip: 1, ema: true };
  const symbols = Object.fromEntries(
    sides.flatMap((side, i) => [
      [`h${i}`, side],
      [`w${i}`, side],
    ]),
  );
  return {
    program: stepProgram("bench_tokenizer", trained, p, total, {}, options),
    symbols: { B: batch, ...symbols },
  };
}

/** A transformer of 20 million parameters on 16 rows of 155 tokens. */
export function transformerStep(): TracedStep {
  const { sides, batch, classes, codes, depth } = transformerRun;
  const config = { ...flexvarConfig(depth), numClasses: classes, codebookSize: codes };
  const decls = declareTransformer(config);
  const p = paramTensors(decls);
  const { logits } = teacherForced(p, config, {
    classIds: input("classIds", "int64", ["B"]),
    codes: input("codes", "float32", ["B", "L-1", config.codeDim]),
    pool: input("pool", "float32", ["L", config.positionSide ** 2]),
    bias: input("bias", "float32", ["L", "L"]),
  });
  const loss = crossEntropy(logits, input("targets", "int64", ["B", "L"]));
  const options = { adamW: paperAdamW, clip: 2, ema: false };
  const tokens = sides.reduce((sum, side) => sum + side * side, 0);
  return {
    program: stepProgram("bench_transformer", decls, p, loss, {}, options),
    symbols: { B: batch, L: tokens },
  };
}

/** Opens a step with small values in every input. It reads one set of buffers and writes another, as training does. */
export async function stepProbe(runtime: Runtime, { program, symbols }: TracedStep): Promise<Probe> {
  const session: Session = await runtime.open(program, { staysAwake: true });
  const dims = (shape: Shape): number[] => shape.map((d) => evaluateDim(d, symbols));
  const size = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);
  const feeds: Record<string, Value> = {};
  for (const { name, dtype, shape } of [...program.inputs, ...program.params]) {
    const at = dims(shape);
    feeds[name!] = dtype === "int64" ? runtime.ints(ids(size(at)), at) : runtime.floats(values(name!, at), at);
  }
  const fetches = Object.fromEntries(
    Object.entries(program.outputs).map(([name, { shape }]): [string, Value] => {
      const at = dims(shape);
      return [name, runtime.floats(new Float32Array(size(at)), at)];
    }),
  );
  return {
    flops: countFlops(program, symbols),
    async run() {
      const begin = performance.now();
      const { loss, gradNorm } = await session.run(feeds, fetches);
      const seconds = (performance.now() - begin) / 1000;
      for (const [name, value] of [
        ["loss", loss],
        ["gradient norm", gradNorm],
      ] as const)
        if (!Number.isFinite((value!.data as Float32Array)[0]))
          throw new Error(`${program.name}: expected a finite ${name}, got ${(value!.data as Float32Array)[0]}`);
      return seconds;
    },
    dispose: () => session.dispose(),
  };
}

/** Small class or token ids. */
function ids(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i % transformerRun.classes);
}

/** Rows of matrices that average sum to about 1, second moments are positive, corrections are 0.5, the rest is noise. */
function values(name: string, shape: readonly number[]): Float32Array {
  const out = new Float32Array(shape.reduce((n, d) => n * d, 1));
  if (shape.length === 0) return out.fill(name.startsWith("correction") ? 0.5 : 1e-4);
  if (/^(latent|image)(Rows|Columns)|^pool$/.test(name)) return out.fill(1 / shape[1]!);
  if (name === "bias") return out;
  const fanIn = Math.max(1, out.length / shape[0]!);
  const spread = name === "image" ? 1 : shape.length > 1 ? Math.sqrt(3 / fanIn) : 0.1;
  const centre = name.includes("norm") && name.endsWith(".weight") && shape.length === 1 ? 1 : 0;
  for (let i = 0; i < out.length; i++) {
    const noise = (((i * 7919 + 13) % 1009) / 1009) * 2 - 1;
    out[i] = name.startsWith("v:") ? spread * Math.abs(noise) + 1e-3 : centre + spread * noise;
  }
  return out;
}
