/** Matrix products in float64 on ONNX Runtime's CPU: a model of one Gemm node, written here byte by byte. */
import type { InferenceSession } from "onnxruntime-common";

interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** The first factor is stored [inner, rows]. */
  readonly transA?: boolean;
  /** The second factor is stored [columns, inner]. */
  readonly transB?: boolean;
}

/** op(a) · op(b), row-major [rows, columns]. */
export type DoubleProduct = (a: Float64Array, b: Float64Array, shape: ProductShape) => Promise<Float64Array>;

/** Products by ONNX Runtime. @param threads threads of one product; all cores by default. */
export async function doubleProducts(threads?: number): Promise<DoubleProduct> {
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const sessions = new Map<number, Promise<InferenceSession>>();
  const sessionFor = (transA: boolean, transB: boolean): Promise<InferenceSession> => {
    const key = Number(transA) * 2 + Number(transB);
    const known = sessions.get(key);
    if (known) return known;
    const options = threads === undefined ? {} : { intraOpNumThreads: threads };
    const opened = InferenceSession.create(gemmModel(transA, transB), options);
    sessions.set(key, opened);
    return opened;
  };
  return async (a, b, { rows, inner, columns, transA = false, transB = false }) => {
    if (a.length !== rows * inner || b.length !== inner * columns)
      throw new RangeError(
        `product: expected ${rows}x${inner} and ${inner}x${columns} numbers, got ${a.length} and ${b.length}`,
      );
    if (rows === 0 || columns === 0 || inner === 0) return new Float64Array(rows * columns);
    const session = await sessionFor(transA, transB);
    const { c } = await session.run({
      a: new Tensor("float64", a, transA ? [inner, rows] : [rows, inner]),
      b: new Tensor("float64", b, transB ? [columns, inner] : [inner, columns]),
    });
    return c!.data as Float64Array;
  };
}

const DOUBLE = 11;
const INT = 2;
const OPSET = 21;
const IR_VERSION = 10;

/** ONNX's ModelProto with the fields this needs, by their numbers in onnx.proto. */
function gemmModel(transA: boolean, transB: boolean): Uint8Array {
  const flag = (name: string, on: boolean): number[] =>
    bytesField(5, [...textField(1, name), ...intField(3, on ? 1 : 0), ...intField(20, INT)]);
  const node = [
    ...textField(1, "a"),
    ...textField(1, "b"),
    ...textField(2, "c"),
    ...textField(4, "Gemm"),
    ...flag("transA", transA),
    ...flag("transB", transB),
  ];
  const matrix = (name: string, sides: readonly [string, string]): number[] => {
    const shape = sides.flatMap((side) => bytesField(1, textField(2, side)));
    const type = bytesField(1, [...intField(1, DOUBLE), ...bytesField(2, shape)]);
    return [...textField(1, name), ...bytesField(2, type)];
  };
  const graph = [
    ...bytesField(1, node),
    ...textField(2, "product"),
    ...bytesField(11, matrix("a", ["a0", "a1"])),
    ...bytesField(11, matrix("b", ["b0", "b1"])),
    ...bytesField(12, matrix("c", ["c0", "c1"])),
  ];
  return Uint8Array.from([...intField(1, IR_VERSION), ...bytesField(7, graph), ...bytesField(8, intField(2, OPSET))]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

const intField = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)];
const bytesField = (field: number, bytes: readonly number[]): number[] => [
  ...varint((field << 3) | 2),
  ...varint(bytes.length),
  ...bytes,
];
const textField = (field: number, text: string): number[] => bytesField(field, [...new TextEncoder().encode(text)]);
