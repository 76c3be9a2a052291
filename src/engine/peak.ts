import { addDims, compileDim, type Dim, mulDims, type Symbols, sizeOf } from "./dims.ts";
import { dtypes } from "./dtype.ts";
import type { OpName } from "./ops/attrs.ts";
import type { Program } from "./program.ts";
import type { Tensor } from "./tensor.ts";

/** Operations that give the same bytes another shape. */
const VIEWS: ReadonlySet<OpName> = new Set(["Reshape", "StopGradient"]);

/** Operations whose kernels may write over an operand of the result's size that nothing else reads. */
const IN_PLACE: ReadonlySet<OpName> = new Set([
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Softmax",
  "Exp",
  "Sigmoid",
  "Tanh",
  "Relu",
]);

/** A piece of memory: taken before node `first`, given back after node `last`. */
interface Buffer {
  readonly bytes: Dim;
  readonly first: number;
  last: number;
}

/** Where a tensor lies, and under which shape its buffer may be used again. */
interface Place {
  readonly buffer: Buffer;
  readonly shape: string;
}

/**
 * Bytes that a run of a program holds at its fullest on top of its inputs, as a function of its symbolic dimensions: results
 * that are still to be read, outputs, and what an operation needs while it works. ONNX Runtime's plan is followed: a result is written over an
 * operand where it can be, or into a buffer of the same shape that was used before and is kept for it. What depends on parameters
 * alone is computed once, when a session opens, and not counted.
 */
export function peakFormula(p: Program): (symbols: Symbols) => number {
  const nodes = runNodes(p);
  const sizes = new Map<Dim, number>();
  /** Number of a size among the different ones, which are evaluated once. */
  const sizeOfBytes = (bytes: Dim): number => {
    const at = sizes.get(bytes) ?? sizes.size;
    sizes.set(bytes, at);
    return at;
  };
  const taken: number[][] = nodes.map(() => []);
  const given: number[][] = nodes.map(() => []);
  for (const { bytes, first, last } of planBuffers(p, nodes)) {
    taken[first]!.push(sizeOfBytes(bytes));
    if (last < nodes.length) given[last]!.push(sizeOfBytes(bytes));
  }
  const work = nodes.map((t) => sizeOfBytes(workBytes(t)));
  const evaluate = [...sizes.keys()].map(compileDim);
  return (symbols) => {
    const bytes = evaluate.map((size) => size(symbols));
    let held = 0;
    let peak = 0;
    for (const at of nodes.keys()) {
      for (const size of taken[at]!) held += bytes[size]!;
      peak = Math.max(peak, held + bytes[work[at]!]!);
      for (const size of given[at]!) held -= bytes[size]!;
    }
    return peak;
  };
}

function planBuffers(p: Program, nodes: readonly Tensor[]): readonly Buffer[] {
  const outputs = new Set(Object.values(p.outputs));
  const lastUse = lastUses(nodes, outputs);
  const free = new Map<string, Buffer[]>();
  const buffers: Buffer[] = [];
  const places = new Map<Tensor, Place>();
  const takeFree = (shape: string): Place | undefined => {
    const buffer = free.get(shape)?.pop();
    return buffer && { buffer, shape };
  };
  for (const [at, t] of nodes.entries()) {
    const read = t.inputs.flatMap((input) => places.get(input) ?? []);
    const bytes = mulDims(sizeOf(t.shape), dtypes[t.dtype].bytes);
    const mayHold = ({ buffer }: Place): boolean => buffer.bytes === bytes && buffer.last === at;
    const over = VIEWS.has(t.op!) ? read[0] : IN_PLACE.has(t.op!) ? read.find(mayHold) : undefined;
    const shape = `${t.dtype}[${t.shape.join(", ")}]`;
    const known = over ?? (outputs.has(t) ? undefined : takeFree(shape));
    const place = known ?? { buffer: { bytes, first: at, last: at }, shape };
    if (known === undefined) buffers.push(place.buffer);
    place.buffer.last = Math.max(place.buffer.last, lastUse.get(t)!);
    places.set(t, place);
    for (const { buffer, shape: own } of new Set([...read, place]))
      if (buffer.last === at) free.set(own, [...(free.get(own) ?? []).filter((one) => one !== buffer), buffer]);
  }
  return buffers;
}

/** Nodes that are computed at every run: those that depend on an input. */
function runNodes(p: Program): Tensor[] {
  const live = new Set<Tensor>();
  return p.order.filter((t) => {
    const isLive = t.kind === "input" || t.inputs.some((input) => live.has(input));
    if (isLive) live.add(t);
    return isLive && t.kind === "node";
  });
}

/** For every node the number of the last that reads it; its own where none does; the end for outputs. */
function lastUses(nodes: readonly Tensor[], outputs: ReadonlySet<Tensor>): Map<Tensor, number> {
  const last = new Map<Tensor, number>();
  for (const [at, t] of nodes.entries()) {
    last.set(t, outputs.has(t) ? nodes.length : at);
    for (const input of t.inputs) if (last.has(input)) last.set(input, Math.max(last.get(input)!, at));
  }
  return last;
}

/** What an operation takes beside its result: a transposed convolution, the products of every pixel with every tap. */
function workBytes(t: Tensor): Dim {
  // The factor in its rows' units, its bytes, and the product before its rows are multiplied back.
  if (t.op === "QuantizedMatMul")
    return addDims(mulDims(5, sizeOf(t.inputs[0]!.shape)), mulDims(dtypes.float32.bytes, sizeOf(t.shape)));
  if (t.op !== "ConvTranspose") return 0;
  const [x, w] = t.inputs as [Tensor, Tensor];
  return mulDims(dtypes.float32.bytes, sizeOf([...w.shape.slice(1), ...x.shape.slice(2)]));
}
