/** Types of a tensor's elements: their number in ONNX's `TensorProto.DataType`, their bytes, and the arrays that hold them. */
export const dtypes = {
  float32: { onnx: 1, bytes: 4, array: Float32Array },
  float64: { onnx: 11, bytes: 8, array: Float64Array },
  int32: { onnx: 6, bytes: 4, array: Int32Array },
  int64: { onnx: 7, bytes: 8, array: BigInt64Array },
  /** Bit patterns of IEEE 754 binary16. */
  float16: { onnx: 10, bytes: 2, array: Uint16Array },
  int8: { onnx: 3, bytes: 1, array: Int8Array },
  bool: { onnx: 9, bytes: 1, array: Uint8Array },
  uint8: { onnx: 2, bytes: 1, array: Uint8Array },
} as const;

/** Of a `Uint8Array` the first is meant: uint8 is what operations need inside. */
export type DType = keyof typeof dtypes;
export type ConstantData = InstanceType<(typeof dtypes)[DType]["array"]>;

export function dataOf(values: readonly number[], dtype: DType): ConstantData {
  if (dtype === "float16")
    throw new Error("constant: expected a type with JavaScript numbers, got float16; cast a float32 constant");
  if (dtype === "int64") return BigInt64Array.from(values, BigInt);
  const array: { from(values: readonly number[]): ConstantData } = dtypes[dtype].array;
  return array.from(values);
}

export const dtypeOfData = (data: ConstantData): DType =>
  (Object.keys(dtypes) as DType[]).find((dtype) => data instanceof dtypes[dtype].array)!;
