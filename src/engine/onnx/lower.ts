import { type Dim, dimTerms, type Shape, sizeOf } from "../dims.ts";
import { type DType, dtypes } from "../dtype.ts";
import type { Emitter, OnnxAttribute, Provider } from "../ops/def.ts";
import { opDef } from "../ops/table.ts";
import type { Program } from "../program.ts";
import type { ConstantData, Tensor } from "../tensor.ts";
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
  readonly place: (param: Tensor) => ParamPlacement;
}

const bytesOf = (data: ConstantData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/**
 * Writes a program as an ONNX model (serialised ModelProto). Protocol buffers end at 2 GB: parameters beyond that must
 * be placed externally. Throws where they are not, or where a parameter's bytes are not as many as its shape holds.
 */
export function toOnnx(p: Program, { provider, place }: LowerOptions): Uint8Array {
  const placements = new Map(p.params.map((t) => [t, place(t)]));
  checkPlacements(p, placements);
  const graph = new ProtoWriter();
  const nodes = new ProtoWriter();
  const names = new Map<Tensor, string>();
  const byKey = new Map<string, string>();
  let temps = 0;
  // A percent sign keeps the writer's names apart from the caller's.
  const temp = (): string => `%t${temps++}`;

  const tensorProto = (name: string, dtype: DType, dims: Shape, raw: Uint8Array) => (w: ProtoWriter) => {
    for (const d of dims) w.int(1, d as number);
    w.int(2, dtypes[dtype].onnx).string(8, name).blob(9, raw);
  };
  const initializer = (key: string, dtype: DType, dims: readonly number[], data: ConstantData): string => {
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const name = `%c${byKey.size}`;
    byKey.set(key, name);
    graph.message(5, tensorProto(name, dtype, dims, bytesOf(data)));
    return name;
  };
  const node = (
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = "",
  ): void => {
    nodes.message(1, (w) => {
      for (const name of inputs) w.string(1, name);
      for (const name of outputs) w.string(2, name);
      w.string(3, `${opType}_${outputs[0]}`).string(4, opType);
      for (const [name, value] of Object.entries(attributes)) w.message(5, attributeProto(name, value));
      if (domain !== "") w.string(7, domain);
    });
  };

  const ints = (values: readonly number[]): string =>
    initializer(
      `i:${values.join(",")}`,
      "int64",
      [values.length],
      BigInt64Array.from(values, (v) => BigInt(v)),
    );
  const floats = (value: number, length: number | null): string =>
    length === null
      ? initializer(`f:${value}`, "float32", [], Float32Array.of(value))
      : initializer(`f:${value}x${length}`, "float32", [length], new Float32Array(length).fill(value));

  // The run-time value of a dimension, as an int64 vector of length one: read off an input that has it.
  const dimName = (d: Dim): string => {
    if (typeof d === "number") return ints([d]);
    const known = byKey.get(`dim:${d}`);
    if (known !== undefined) return known;
    const remember = (name: string): string => {
      byKey.set(`dim:${d}`, name);
      return name;
    };
    for (const t of p.inputs) {
      const axis = t.shape.indexOf(d);
      if (axis < 0) continue;
      const out = temp();
      node("Shape", [names.get(t)!], [out], { start: { int: axis }, end: { int: axis + 1 } });
      return remember(out);
    }
    const terms = dimTerms(d);
    if (terms.length === 1 && terms[0]!.coefficient === 1 && terms[0]!.symbols.length === 1)
      return remember(solvedSymbol(d));
    const combine = (opType: string, parts: readonly string[]): string =>
      parts.reduce((left, right) => {
        const out = temp();
        node(opType, [left, right], [out]);
        return out;
      });
    const values = terms.map(({ coefficient, symbols }) =>
      combine("Mul", [
        ...(coefficient === 1 && symbols.length > 0 ? [] : [ints([coefficient])]),
        ...symbols.map(dimName),
      ]),
    );
    return remember(combine("Add", values));
  };

  // A symbol that inputs have only as a multiple plus a constant, such as h of "16*h" or "h+1".
  const solvedSymbol = (symbol: string): string => {
    for (const t of p.inputs)
      for (const d of t.shape) {
        if (typeof d === "number") continue;
        const terms = dimTerms(d);
        const linear = terms.find(({ symbols }) => symbols.length === 1 && symbols[0] === symbol);
        const rest = terms.filter((term) => term !== linear);
        if (linear === undefined || rest.some(({ symbols }) => symbols.length > 0)) continue;
        const shifted = temp();
        node("Sub", [dimName(d), ints([rest[0]?.coefficient ?? 0])], [shifted]);
        const out = temp();
        node("Div", [shifted, ints([linear.coefficient])], [out]);
        return out;
      }
    throw new Error(`program ${p.name}: expected an input that determines the dimension "${symbol}", got none`);
  };

  const shape = (dims: Shape): string => {
    if (dims.every((d): d is number => typeof d === "number")) return ints(dims);
    if (dims.length === 1) return dimName(dims[0]!);
    const out = temp();
    node("Concat", dims.map(dimName), [out], { axis: { int: 0 } });
    return out;
  };

  const valueInfo = (name: string, t: Tensor) => (w: ProtoWriter) =>
    w.string(1, name).message(2, (type) =>
      type.message(1, (tensorType) =>
        tensorType.int(1, dtypes[t.dtype].onnx).message(2, (s) => {
          for (const d of t.shape) s.message(1, (dm) => (typeof d === "number" ? dm.int(1, d) : dm.string(2, d)));
        }),
      ),
    );

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
      const scalarKey = t.shape.length === 0 && t.dtype === "float32" ? `f:${t.data![0]}` : `constant:${temps++}`;
      names.set(t, initializer(scalarKey, t.dtype, t.shape as number[], t.data!));
    }
    if (t.op === undefined) continue;
    const output = outputNames.get(t) ?? temp();
    names.set(t, output);
    const emitter: Emitter = {
      provider,
      inputs: t.inputs.map((input) => names.get(input)!),
      output,
      node,
      temp,
      ints,
      floats,
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
    .blob(7, graph.append(nodes).finish())
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

function externalTensor(t: Tensor, { location, offset, length }: ParamPlacement & { kind: "external" }) {
  return (w: ProtoWriter) => {
    for (const d of t.shape) w.int(1, d as number);
    w.int(2, dtypes[t.dtype].onnx).string(8, t.name!);
    const entries = { location, offset: String(offset), length: String(length) };
    for (const [key, value] of Object.entries(entries)) w.message(13, (e) => e.string(1, key).string(2, value));
    w.int(14, 1);
  };
}

function attributeProto(name: string, value: OnnxAttribute) {
  return (w: ProtoWriter) => {
    w.string(1, name);
    if ("int" in value) w.int(3, value.int).int(20, 2);
    else if ("float" in value) w.float(2, value.float).int(20, 1);
    else if ("string" in value) w.string(4, value.string).int(20, 3);
    else if ("ints" in value) {
      for (const v of value.ints) w.int(8, v);
      w.int(20, 7);
    } else {
      const { onnx, bytes } = dtypes[value.zeroTensor];
      w.message(5, (t) => t.int(1, 1).int(2, onnx).blob(9, new Uint8Array(bytes))).int(20, 4);
    }
  };
}
