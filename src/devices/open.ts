/** Opening the device that was asked for. */
import { type ComputeType, type NodeRuntimeOptions, nodeRuntime, type Runtime } from "../runtime/node.ts";
import { chooseDevice } from "./choose.ts";

export interface OpenRuntimeOptions extends NodeRuntimeOptions {
  /** What the networks will compute in, which `auto` looks at. */
  readonly dtype?: ComputeType | undefined;
  /** Takes the line that says what `auto` took, or what stands in for a missing native build. */
  readonly onMessage?: ((line: string) => void) | undefined;
}

/**
 * ONNX Runtime on `device`, or for `auto` on the fastest that passes its check.
 * @throws OptionError where this installation has no such device.
 */
export async function openRuntime({
  dtype,
  onMessage = () => {},
  ...options
}: OpenRuntimeOptions = {}): Promise<Runtime> {
  const { threads } = options;
  let { device } = options;
  if (device === "auto") {
    const choice = await chooseDevice({ threads, dtype });
    device = choice.device;
    onMessage(choice.line);
  }
  const runtime = nodeRuntime({ ...options, device });
  if (runtime.provider === "wasm") onMessage(`computing by ${runtime.description}`);
  return runtime;
}
