/** The engine: traced tensor graphs, their gradients, and their ONNX form. Knows no model, no runtime and no files. */
export * from "./dims.ts";
export { countFlops, flopsFormula } from "./flops.ts";
export * as ops from "./functions.ts";
export { gradients } from "./gradients.ts";
export { type LowerOptions, OPSET, type ParamPlacement, toOnnx } from "./onnx/lower.ts";
export { ProtoWriter } from "./onnx/proto.ts";
export type { ConvAttrs, OpAttrs, OpName } from "./ops/attrs.ts";
export type { Provider } from "./ops/def.ts";
export { opDef, opNames } from "./ops/table.ts";
export { peakFormula } from "./peak.ts";
export { checkProgram, type Program, program, programText } from "./program.ts";
export {
  type ConstantData,
  constant,
  type DType,
  dim,
  input,
  param,
  scalar,
  scope,
  type Tensor,
  topologicalOrder,
} from "./tensor.ts";
