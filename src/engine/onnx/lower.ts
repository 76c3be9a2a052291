import { sizeOf } from "../dims.ts";
import { dtypes } from "../dtype.ts";
import type { DigitBits, Emitter, Provider } from "../ops/def.ts";
import { opDef } from "../ops/table.ts";
import type { Program } from "../program.ts";
import type { Tensor } from "../tensor.ts";
import { GraphWriter, tensorProto } from "./graph-writer.ts";
import { ProtoWriter } from "./proto.ts";

/** The operator set that every program is written for (ai.onnx); contrib operators are `com.microsoft` version 1. */
const OPSET = 21;
const IR_VERSION = 10;

/** Where a parameter's bytes are: inside the model, in a file beside it, or given at each run as an input. */
export type ParamPlacement =
  | { readonly kind: "inline"; readonly bytes: Uint8Array }
  | { readonly kind: "external"; readonly location: string; readonly offset: number; readonly length: number }
  | { readonly kind: "input" };

export interface LowerOptions {
  readonly provider: Provider;
  /** Of products in integers; 8 by default. */
  readonly digitBits?: DigitBits;
  readonly place: (param: Tensor) => ParamPlacement;
}

/**
 * Writes a program as an ONNX model (serialised ModelProto). Protocol buffers end at 2 GB: parameters beyond that must
 * be placed externally. Throws where they are not, or where a parameter's bytes are not as many as its shape holds.
 */
export function toOnnx(p: Program, { provider, place, digitBits = 8 }: LowerOptions): Uint8Array {
  const placements = new Map(p.params.map((t) => [t, place(t)]));
  checkPlacements(p, placements);
  const writer = new GraphWriter(p);
  const { graph, names, node, temp, ints, floats, byte, shape } = writer;
  graph.string(2, p.name);
  for (const t of p.inputs) {
    names.set(t, t.name!);
    graph.message(11, valueInfo(t.name!, t));
  }
  for (const t of p.params) {
    names.set(t, t.name!);
    const placement = placements.get(t)!;
    if (placement.kind === "input") graph.message(11, valueInfo(t.name!, t));
    else if (placement.kind === "inline") graph.message(5, tensorProto(t.name!, t.dtype, t.shape, placement.bytes));
    else graph.message(5, externalTensor(t, placement));
  }

  const outputNames = new Map<Tensor, string>();
  for (const [name, t] of Object.entries(p.outputs))
    if (t.kind === "node" && !outputNames.has(t)) outputNames.set(t, name);

  for (const t of p.order) {
    if (t.kind === "constant") {
      const scalarKey = t.shape.length === 0 && t.dtype === "float32" ? `f:${t.data![0]}` : `constant:${temp()}`;
      names.set(t, writer.initializer(scalarKey, t.dtype, t.shape as number[], t.data!));
    }
    if (t.op === undefined) continue;
    const output = outputNames.get(t) ?? temp();
    names.set(t, output);
    const emitter: Emitter = {
      provider,
      digitBits,
      inputs: t.inputs.map((input) => names.get(input)!),
      output,
      node,
      temp,
      ints,
      floats,
      byte,
      shape,
    };
    opDef(t.op).emit(emitter, t.attrs!, t.inputs);
    if (t.op === "Softmax")
      for (const shown of [t.inputs[0]!, t])
        if (!outputNames.has(shown)) graph.message(13, valueInfo(names.get(shown)!, shown));
  }
  for (const [name, t] of Object.entries(p.outputs)) {
    if (names.get(t) !== name) node("Identity", [names.get(t)!], [name]);
    graph.message(12, valueInfo(name, t));
  }

  return new ProtoWriter()
    .int(1, IR_VERSION)
    .string(2, "flexvar")
    .message(7, (w) => w.append(writer.finish()))
    .message(8, (w) => w.string(1, "").int(2, OPSET))
    .message(8, (w) => w.string(1, "com.microsoft").int(2, 1))
    .finish();
}

const LARGEST_MESSAGE = 2 ** 31 - 1;

function checkPlacements(p: Program, placements: ReadonlyMap<Tensor, ParamPlacement>): void {
  let inline = 0;
  for (const [t, placement] of placements) {
    if (placement.kind === "input") continue;
    const length = placement.kind === "inline" ? placement.bytes.length : placement.length;
    const expected = (sizeOf(t.shape) as number) * dtypes[t.dtype].bytes;
    if (length !== expected)
      throw new Error(`program ${p.name}: expected ${expected} bytes for parameter "${t.name}", got ${length}`);
    if (placement.kind === "inline") inline += length;
  }
  if (inline > LARGEST_MESSAGE)
    throw new Error(
      `program ${p.name}: expected at most ${LARGEST_MESSAGE} bytes of parameters inside the model, got ${inline}; place them externally`,
    );
}

const valueInfo = (name: string, t: Tensor) => (w: ProtoWriter) =>
  w.string(1, name).message(2, (type) =>
    type.message(1, (tensorType) =>
      tensorType.int(1, dtypes[t.dtype].onnx).message(2, (s) => {
        for (const d of t.shape) s.message(1, (dm) => (typeof d === "number" ? dm.int(1, d) : dm.string(2, d)));
      }),
    ),
  );

function externalTensor(t: Tensor, { location, offset, length }: ParamPlacement & { kind: "external" }) {
  return (w: ProtoWriter) => {
    for (const d of t.shape) w.int(1, d as number);
    w.int(2, dtypes[t.dtype].onnx).string(8, t.name!);
    const entries = { location, offset: String(offset), length: String(length) };
    for (const [key, value] of Object.entries(entries)) w.message(13, (e) => e.string(1, key).string(2, value));
    w.int(14, 1);
  };
}
