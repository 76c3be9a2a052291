/** Types of a tensor's elements: their number in ONNX's `TensorProto.DataType`, and their bytes. */
export const dtypes = {
  float32: { onnx: 1, bytes: 4 },
  float64: { onnx: 11, bytes: 8 },
  int32: { onnx: 6, bytes: 4 },
  int64: { onnx: 7, bytes: 8 },
  bool: { onnx: 9, bytes: 1 },
} as const;

export type DType = keyof typeof dtypes;
