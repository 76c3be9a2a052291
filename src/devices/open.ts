/** Opening the device that was asked for. */
import {
  expectDevice,
  expectDtype,
  installation,
  type NodeRuntimeOptions,
  nodeRuntime,
  type Runtime,
} from "../runtime/node.ts";
import { chooseDevice } from "./choose.ts";

export interface DeviceRequest extends Pick<NodeRuntimeOptions, "threads"> {
  /** `auto` or a device of this installation; `cpu` by default. */
  readonly device?: string | undefined;
  /** What the networks will compute in, which `auto` looks at; fp32 by default. */
  readonly dtype?: string | undefined;
  /** Takes the line that says what `auto` took, or what stands in for a missing native build. */
  readonly onMessage?: ((line: string) => void) | undefined;
}

/**
 * The device that is meant: for `auto` the fastest that passes its check.
 * @throws OptionError where this installation has no such device, or nothing computes in `dtype`.
 */
export async function decideDevice({
  device = "cpu",
  dtype = "fp32",
  threads,
  onMessage = () => {},
}: DeviceRequest): Promise<string> {
  expectDtype(dtype);
  const { native } = installation();
  if ("problem" in native && (device === "auto" || device === "cpu"))
    onMessage(`computing by WebAssembly in Node: ${native.problem}`);
  if (device !== "auto") {
    expectDevice(device);
    return device;
  }
  const choice = await chooseDevice({ threads, dtype });
  onMessage(choice.line);
  return choice.device;
}

/** ONNX Runtime on the device that {@link decideDevice} finds. */
export async function openRuntime(request: DeviceRequest): Promise<Runtime> {
  const device = await decideDevice(request);
  return nodeRuntime({ device, threads: request.threads });
}
