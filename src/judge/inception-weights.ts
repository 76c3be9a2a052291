/** Weights of the published PyTorch conversion (`pt_inception-2015-12-05-….pth`), batch normalisation folded in. */
import { openTensorFile, type TensorFile, toFloat32 } from "../checkpoint/index.ts";
import { INCEPTION_CLASSES, INCEPTION_FEATURES, inceptionLayers } from "./inception-layers.ts";

/** Added to a variance before its root: the published graph's. */
const EPSILON = 1e-3;

/**
 * Reads a checkpoint (`.pth` or safetensors) under the names `X.conv.weight`, `X.bn.weight`, `.bias`, `.running_mean`,
 * `.running_var` and `fc.weight`. A convolution w and its normalisation become w·g/√(v+ε) and the bias b − m·g/√(v+ε).
 * @throws Error naming the tensor that is missing or has another shape
 */
export async function readInception(path: string, narrow = 1): Promise<Map<string, Float32Array>> {
  const file = await openTensorFile(path);
  try {
    const weights = new Map<string, Float32Array>();
    for (const { name, inputs, outputs, kernel } of inceptionLayers(narrow).values()) {
      const raw = await tensor(file, path, `${name}.conv.weight`, [outputs, inputs, ...kernel]);
      const part = (of: string): Promise<Float32Array> => tensor(file, path, `${name}.bn.${of}`, [outputs]);
      const [gain, shift, mean, variance] = [
        await part("weight"),
        await part("bias"),
        await part("running_mean"),
        await part("running_var"),
      ];
      const scale = Float64Array.from(gain, (g, o) => g / Math.sqrt(variance[o]! + EPSILON));
      const taps = raw.length / outputs;
      const folded = Float32Array.from(raw, (w, i) => w * scale[Math.floor(i / taps)]!);
      weights.set(`${name}.weight`, folded);
      const bias = Float32Array.from(shift, (b, o) => b - mean[o]! * scale[o]!);
      weights.set(`${name}.bias`, bias);
    }
    weights.set("fc.weight", await tensor(file, path, "fc.weight", [INCEPTION_CLASSES, INCEPTION_FEATURES / narrow]));
    return weights;
  } finally {
    await file.close();
  }
}

async function tensor(file: TensorFile, path: string, name: string, shape: readonly number[]): Promise<Float32Array> {
  const entry = file.tensors.get(name);
  if (entry === undefined || entry.shape.join() !== shape.join())
    throw new Error(
      `${path}: expected "${name}" of [${shape.join(", ")}], got ${entry ? `[${entry.shape.join(", ")}]` : "none"}`,
    );
  return toFloat32(await entry.read(), entry.dtype);
}
