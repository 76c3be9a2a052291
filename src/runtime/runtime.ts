import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from "onnxruntime-common";
import { float16ToFloat32, fromFloat32 } from "../checkpoint/index.ts";
import { type Dim, dimTerms, evaluateDim, type Program, type Provider, type Tensor } from "../engine/index.ts";

/** A value that a session takes or gives: ONNX Runtime's tensor, on the CPU or on the device. */
export type Value = OrtTensor;

/**
 * Bytes of one parameter: in memory (float32, bit patterns of float16, or int8 where the parameter is of that type), or in a file from which they can be
 * mapped, uncompressed and of the type that the parameter has.
 */
export type WeightData =
  | { readonly kind: "memory"; readonly data: Float32Array | Uint16Array | Int8Array }
  | { readonly kind: "file"; readonly path: string; readonly offset: number; readonly length: number };

export type Weights = ReadonlyMap<string, WeightData>;

export interface OpenOptions {
  /** Parameters to store in the session; one that is not listed becomes an input of every run. */
  readonly weights?: Weights;
  /** Outputs that stay on the device; all others come back to the CPU. */
  readonly keepOnDevice?: readonly string[];
  /**
   * Whether weights are re-packed when the session opens (default true): a slower opening and twice the memory of the
   * re-packed weights while it lasts, faster runs with few rows.
   */
  readonly prepack?: boolean;
  /**
   * Whether the CPU's memory is kept between runs (default true) for the next to use, which saves some time where runs are alike; otherwise
   * a run gives back all that it took.
   */
  readonly keepsMemory?: boolean;
  /**
   * Whether the CPU's threads stay awake between the operators of a run (default false): faster where operators are many and small, as a
   * training step's are, but the cores are at full load until the run ends.
   */
  readonly staysAwake?: boolean;
}

/** An opened program. */
export interface Session {
  readonly program: Program;
  /**
   * Runs the program. Feeds every input (and parameters that were not stored) by name; `fetches` may hold preallocated
   * outputs (null: wanted, allocated by the run); only those named are computed. Throws naming the input where a feed is
   * missing or its type or fixed dimensions differ.
   */
  run(
    feeds: Readonly<Record<string, Value>>,
    fetches?: Readonly<Record<string, Value | null>>,
  ): Promise<Record<string, Value>>;
  dispose(): Promise<void>;
}

/** ONNX Runtime on one device. */
export interface Runtime {
  readonly provider: Provider;
  /** What computes, for people: provider and ONNX Runtime's version. */
  readonly description: string;
  open(program: Program, options?: OpenOptions): Promise<Session>;
  readonly floats: (data: Float32Array, dims: readonly number[]) => Value;
  /** float16 tensor from bit patterns. */
  readonly halves: (bits: Uint16Array, dims: readonly number[]) => Value;
  readonly doubles: (data: Float64Array, dims: readonly number[]) => Value;
  /** int64 tensor from safe integers. */
  readonly ints: (data: ArrayLike<number>, dims: readonly number[]) => Value;
  /** Milliseconds spent inside ONNX Runtime's `run` by this runtime's sessions so far. */
  readonly runMilliseconds: () => number;
}

/** What a platform's entry provides: ONNX Runtime's module and how a session is created from a program. */
export interface Platform {
  readonly Tensor: TensorConstructor;
  readonly provider: Provider;
  readonly description: string;
  create(program: Program, options: OpenOptions): Promise<InferenceSession>;
}

/** Bytes of a parameter in memory, of the parameter's type: what is there in the other type of floats is converted. */
export function bytesOfType(param: Tensor, { data }: WeightData & { readonly kind: "memory" }): Uint8Array {
  const isHalf = data instanceof Uint16Array;
  if (param.dtype === "float16" && data instanceof Float32Array) return fromFloat32(data, "float16");
  const { buffer, byteOffset, byteLength } = param.dtype === "float32" && isHalf ? float16ToFloat32(data) : data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A runtime over a platform. */
export function createRuntime(platform: Platform): Runtime {
  const { Tensor } = platform;
  let spent = 0;
  return {
    provider: platform.provider,
    description: platform.description,
    floats: (data, dims) => new Tensor("float32", data, dims),
    halves: (bits, dims) => new Tensor("float16", bits, dims),
    doubles: (data, dims) => new Tensor("float64", data, dims),
    ints: (data, dims) => new Tensor("int64", BigInt64Array.from(data, BigInt), dims),
    runMilliseconds: () => spent,
    async open(program, options = {}) {
      const fed = [...program.inputs, ...program.params.filter((t) => !options.weights?.has(t.name!))];
      const session = await platform.create(program, options);
      return {
        program,
        async run(feeds, fetches) {
          checkFeeds(program.name, fed, feeds);
          const begin = performance.now();
          try {
            return fetches === undefined ? await session.run(feeds) : await session.run(feeds, fetches);
          } finally {
            spent += performance.now() - begin;
          }
        },
        dispose: () => session.release(),
      };
    },
  };
}

/** Compares feeds with the declared inputs, binding the symbols of their dimensions as they come. */
function checkFeeds(where: string, declared: readonly Tensor[], feeds: Readonly<Record<string, Value>>): void {
  const symbols: Record<string, number> = {};
  const problem = (t: Tensor, value: Value, why = ""): Error => {
    const wanted = `${t.dtype}[${t.shape.join(", ")}]`;
    const found = `${value.type}[${value.dims.join(", ")}]`;
    return new Error(`${where}: expected ${wanted} for input "${t.name}", got ${found}${why}`);
  };
  for (const t of declared) {
    const value = feeds[t.name!];
    if (value === undefined) throw new Error(`${where}: expected a value for input "${t.name}", got none`);
    if (value.type !== t.dtype || value.dims.length !== t.shape.length) throw problem(t, value);
    t.shape.forEach((d, axis) => {
      const solved = solveSymbol(d, value.dims[axis]!);
      if (solved === undefined) return;
      symbols[solved.symbol] ??= solved.value;
      const known = symbols[solved.symbol];
      if (known !== solved.value) throw problem(t, value, ` where ${solved.symbol} = ${known}`);
      if (!Number.isInteger(solved.value)) throw problem(t, value);
    });
  }
  for (const t of declared)
    t.shape.forEach((d, axis) => {
      const known = dimTerms(d).every(({ symbols: names }) => names.every((s) => s in symbols));
      if (known && evaluateDim(d, symbols) !== feeds[t.name!]!.dims[axis]) throw problem(t, feeds[t.name!]!);
    });
}

/** The symbol of a dimension such as "B", "16*h" or "h+1", and the value that an actual extent gives it. */
function solveSymbol(d: Dim, actual: number): { symbol: string; value: number } | undefined {
  const terms = dimTerms(d);
  const symbolic = terms.filter(({ symbols }) => symbols.length > 0);
  const [term] = symbolic;
  if (term === undefined || symbolic.length > 1 || term.symbols.length > 1) return undefined;
  const rest = terms.find(({ symbols }) => symbols.length === 0)?.coefficient ?? 0;
  return { symbol: term.symbols[0]!, value: (actual - rest) / term.coefficient };
}
