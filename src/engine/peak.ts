import { type Dim, evaluateDim } from "./dims.ts";
import type { OpName } from "./ops/attrs.ts";
import type { Program } from "./program.ts";
import type { DType, Tensor } from "./tensor.ts";

const ELEMENT_BYTES: Record<DType, number> = { float32: 4, int64: 8, int32: 4, bool: 1 };

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
  readonly bytes: number;
  readonly first: number;
  last: number;
}

/**
 * Bytes that a run of a program holds at its fullest on top of its inputs, under an assignment of its symbolic dimensions: results
 * that are still to be read, outputs, and what an operation needs while it works. ONNX Runtime's plan is followed: a result is written over an
 * operand where it can be, or into a buffer of the same shape that was used before and is kept for it. What depends on parameters
 * alone is computed once, when a session opens, and not counted.
 */
export function peakBytes(p: Program, symbols: Readonly<Record<string, number>>): number {
  const value = (d: Dim): number => evaluateDim(d, symbols);
  const nodes = runNodes(p);
  const changes = new Float64Array(nodes.length + 1);
  for (const { bytes, first, last } of planBuffers(p, nodes, value)) {
    changes[first]! += bytes;
    if (last + 1 < nodes.length) changes[last + 1]! -= bytes;
  }
  let held = 0;
  let peak = 0;
  for (const [at, t] of nodes.entries()) {
    held += changes[at]!;
    peak = Math.max(peak, held + workBytes(t, value));
  }
  return peak;
}

function planBuffers(p: Program, nodes: readonly Tensor[], value: (d: Dim) => number): readonly Buffer[] {
  const bytes = (t: Tensor): number => t.shape.reduce((n: number, d) => n * value(d), ELEMENT_BYTES[t.dtype]);
  const outputs = new Set(Object.values(p.outputs));
  const lastUse = lastUses(nodes, outputs);
  const free = new Map<string, Buffer[]>();
  const buffers: Buffer[] = [];
  /** The buffer that holds a tensor, and under which shape it may be used again. */
  const places = new Map<Tensor, { readonly buffer: Buffer; readonly key: string }>();
  for (const [at, t] of nodes.entries()) {
    const read = t.inputs.flatMap((input) => places.get(input) ?? []);
    const size = bytes(t);
    const mayHold = ({ buffer }: { readonly buffer: Buffer }): boolean => buffer.bytes === size && buffer.last === at;
    const over = VIEWS.has(t.op!) ? read[0] : IN_PLACE.has(t.op!) ? read.find(mayHold) : undefined;
    const key = `${t.dtype}[${t.shape.join(", ")}]`;
    const taken = over ?? (outputs.has(t) ? undefined : wrap(free.get(key)?.pop(), key));
    const place = taken ?? { buffer: { bytes: size, first: at, last: at }, key };
    if (taken === undefined) buffers.push(place.buffer);
    place.buffer.last = Math.max(place.buffer.last, lastUse.get(t)!);
    places.set(t, place);
    for (const { buffer, key: shape } of new Set([...read, place]))
      if (buffer.last === at) free.set(shape, [...(free.get(shape) ?? []).filter((one) => one !== buffer), buffer]);
  }
  return buffers;
}

const wrap = (buffer: Buffer | undefined, key: string) => (buffer === undefined ? undefined : { buffer, key });

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

/** What a kernel takes beside its result: a transposed convolution, the products of every pixel with every tap. */
function workBytes(t: Tensor, value: (d: Dim) => number): number {
  if (t.op !== "ConvTranspose") return 0;
  const [x, w] = t.inputs as [Tensor, Tensor];
  const taps = value(w.shape[1]!) * value(w.shape[2]!) * value(w.shape[3]!);
  return ELEMENT_BYTES.float32 * taps * value(x.shape[2]!) * value(x.shape[3]!);
}
