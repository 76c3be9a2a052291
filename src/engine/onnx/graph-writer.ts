import { type Dim, dimTerms, type Shape } from "../dims.ts";
import { type ConstantData, type DType, dtypes } from "../dtype.ts";
import type { OnnxAttribute } from "../ops/def.ts";
import type { Program } from "../program.ts";
import type { Tensor } from "../tensor.ts";
import { ProtoWriter } from "./proto.ts";

/** A GraphProto under way: its nodes, constants and the names of tensors. Its functions may be taken apart from it. */
export class GraphWriter {
  readonly graph = new ProtoWriter();
  readonly names = new Map<Tensor, string>();
  private readonly nodes = new ProtoWriter();
  private readonly byKey = new Map<string, string>();
  private readonly program: Program;
  private temps = 0;

  constructor(program: Program) {
    this.program = program;
  }

  // A percent sign keeps the writer's names apart from the caller's.
  readonly temp = (): string => `%t${this.temps++}`;

  readonly initializer = (key: string, dtype: DType, dims: readonly number[], data: ConstantData): string => {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const name = `%c${this.byKey.size}`;
    this.byKey.set(key, name);
    this.graph.message(5, tensorProto(name, dtype, dims, bytesOf(data)));
    return name;
  };

  readonly node = (
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = "",
  ): void => {
    this.nodes.message(1, (w) => {
      for (const name of inputs) w.string(1, name);
      for (const name of outputs) w.string(2, name);
      w.string(3, `${opType}_${outputs[0]}`).string(4, opType);
      for (const [name, value] of Object.entries(attributes)) w.message(5, attributeProto(name, value));
      if (domain !== "") w.string(7, domain);
    });
  };

  readonly ints = (values: readonly number[]): string =>
    this.initializer(
      `i:${values.join(",")}`,
      "int64",
      [values.length],
      BigInt64Array.from(values, (v) => BigInt(v)),
    );
  readonly floats = (value: number, length: number | null): string =>
    length === null
      ? this.initializer(`f:${value}`, "float32", [], Float32Array.of(value))
      : this.initializer(`f:${value}x${length}`, "float32", [length], new Float32Array(length).fill(value));

  readonly byte = (value: number): string => this.initializer(`b:${value}`, "uint8", [], Uint8Array.of(value));

  /** The run-time value of a dimension, as an int64 vector of length one: read off an input that has it. */
  private readonly dimName = (d: Dim): string => {
    if (typeof d === "number") return this.ints([d]);
    const known = this.byKey.get(`dim:${d}`);
    if (known !== undefined) return known;
    const remember = (name: string): string => {
      this.byKey.set(`dim:${d}`, name);
      return name;
    };
    for (const t of this.program.inputs) {
      const axis = t.shape.indexOf(d);
      if (axis < 0) continue;
      const out = this.temp();
      this.node("Shape", [this.names.get(t)!], [out], { start: { int: axis }, end: { int: axis + 1 } });
      return remember(out);
    }
    const terms = dimTerms(d);
    if (terms.length === 1 && terms[0]!.coefficient === 1 && terms[0]!.symbols.length === 1)
      return remember(this.solvedSymbol(d));
    const combine = (opType: string, parts: readonly string[]): string =>
      parts.reduce((left, right) => {
        const out = this.temp();
        this.node(opType, [left, right], [out]);
        return out;
      });
    const values = terms.map(({ coefficient, symbols }) =>
      combine("Mul", [
        ...(coefficient === 1 && symbols.length > 0 ? [] : [this.ints([coefficient])]),
        ...symbols.map(this.dimName),
      ]),
    );
    return remember(combine("Add", values));
  };

  /** A symbol that inputs have only as a multiple plus a constant, such as h of "16*h" or "h+1". */
  private readonly solvedSymbol = (symbol: string): string => {
    for (const t of this.program.inputs)
      for (const d of t.shape) {
        if (typeof d === "number") continue;
        const terms = dimTerms(d);
        const linear = terms.find(({ symbols }) => symbols.length === 1 && symbols[0] === symbol);
        const rest = terms.filter((term) => term !== linear);
        if (linear === undefined || rest.some(({ symbols }) => symbols.length > 0)) continue;
        const shifted = this.temp();
        this.node("Sub", [this.dimName(d), this.ints([rest[0]?.coefficient ?? 0])], [shifted]);
        const out = this.temp();
        this.node("Div", [shifted, this.ints([linear.coefficient])], [out]);
        return out;
      }
    throw new Error(
      `program ${this.program.name}: expected an input that determines the dimension "${symbol}", got none`,
    );
  };

  readonly shape = (dims: Shape): string => {
    if (dims.every((d): d is number => typeof d === "number")) return this.ints(dims);
    if (dims.length === 1) return this.dimName(dims[0]!);
    const out = this.temp();
    this.node("Concat", dims.map(this.dimName), [out], { axis: { int: 0 } });
    return out;
  };

  /** The graph's message: what was declared, then the nodes. */
  finish(): ProtoWriter {
    return this.graph.append(this.nodes);
  }
}

const bytesOf = (data: ConstantData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

export const tensorProto = (name: string, dtype: DType, dims: Shape, raw: Uint8Array) => (w: ProtoWriter) => {
  for (const d of dims) w.int(1, d as number);
  w.int(2, dtypes[dtype].onnx).string(8, name).blob(9, raw);
};

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
