/** The engine: traced tensor graphs, their gradients, and their ONNX form. Knows no model, no runtime and no files. */

export * as ops from "./all-functions.ts";
export * from "./dims.ts";
export type { DType } from "./dtype.ts";
export { countFlops, flopsFormula } from "./flops.ts";
export { gradients } from "./gradients.ts";
export { toHalf } from "./half.ts";
export { type LowerOptions, type ParamPlacement, toOnnx } from "./onnx/lower.ts";
export { ProtoWriter } from "./onnx/proto.ts";
export type { ConvAttrs, OpName } from "./ops/attrs.ts";
export type { DigitBits, Provider } from "./ops/def.ts";
export { opDef, opNames } from "./ops/table.ts";
export { peakFormula } from "./peak.ts";
export { checkProgram, type Program, program } from "./program.ts";
export { productsWith, type QuantizedParam, quantizeProducts } from "./quantize.ts";
export {
  constant,
  dim,
  input,
  param,
  scope,
  type Tensor,
} from "./tensor.ts";
