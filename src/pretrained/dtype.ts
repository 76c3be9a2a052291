import type { Provider } from "../engine/index.ts";
import { OptionError } from "../errors/index.ts";
import { type ComputeType, expectDtype, expectDtypeOf } from "../runtime/index.ts";
import type { ModelConfig } from "./config.ts";

/** What a model's networks compute in where nobody says: integers where its weights are stored so, else float32. */
export const storedType = ({ dtype }: Pick<ModelConfig, "dtype">): ComputeType => (dtype === "int8" ? "int8" : "fp32");

/**
 * What a model's networks compute in: as asked for, else in integers where its weights are stored so, else in float32.
 * @throws OptionError naming `dtype` or `device`
 */
export function computedType(
  given: string | undefined,
  config: Pick<ModelConfig, "dtype">,
  provider: Provider,
): ComputeType {
  const dtype = given ?? storedType(config);
  expectDtype(dtype);
  if (dtype !== "int8" && config.dtype === "int8")
    throw new OptionError("dtype", "int8 (what this model's weights are stored in)", dtype);
  if (dtype === "int8" && provider !== "cpu" && provider !== "wasm")
    throw new OptionError("device", "cpu or wasm (which have products in integers) for int8", provider);
  expectDtypeOf(provider, dtype);
  return dtype;
}
