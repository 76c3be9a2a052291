import type { Provider } from "../engine/index.ts";
import { OptionError } from "../errors/index.ts";
import type { ModelConfig } from "./config.ts";

/**
 * Whether a model's products are computed in integers: as asked for, else as its weights are stored.
 * @throws OptionError naming `dtype` or `device`
 */
export function computesInIntegers(
  given: string | undefined,
  { dtype: stored }: Pick<ModelConfig, "dtype">,
  provider: Provider,
): boolean {
  const dtype = given ?? (stored === "int8" ? "int8" : "fp32");
  if (dtype !== "int8" && dtype !== "fp32")
    throw new OptionError("dtype", "fp32 or int8 (what this build computes in)", dtype);
  if (dtype === "fp32" && stored === "int8")
    throw new OptionError("dtype", "int8 (what this model's weights are stored in)", dtype);
  if (dtype === "int8" && provider === "webgpu")
    throw new OptionError("device", "cpu or wasm (which have products in integers) for int8", provider);
  return dtype === "int8";
}
