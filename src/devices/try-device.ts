/** Trying a device, step by step. */
import { input, ops, program } from "../engine/index.ts";
import { type ComputeType, type DeviceName, factsOf, nodeRuntime } from "../runtime/node.ts";
import { productRate } from "./rate.ts";
import { type Check, DEVIATION_BOUNDS, goldenRun, selfCheck } from "./self-check.ts";

/** What is known of a device; parts come one after the other. */
export interface Finding {
  /** A graph of one operation was opened and run. */
  readonly opened?: true;
  readonly checks?: Readonly<Partial<Record<ComputeType, Check>>>;
  /** GFLOP/s of products. */
  readonly rate?: number;
  /** Why the next step failed. */
  readonly problem?: string;
}

/** Opens, checks and times a device in this process; tells what it finds as it comes. */
export async function tryDevice(
  device: DeviceName,
  threads: number | undefined,
  tell: (finding: Finding) => void,
): Promise<void> {
  try {
    const runtime = nodeRuntime({ device, threads });
    const session = await runtime.open(program("first", { y: ops.mul(input("x", "float32", ["n"]), 2) }));
    const { y } = await session.run({ x: runtime.floats(Float32Array.of(21), [1]) });
    if (y!.data[0] !== 42) throw new Error(`expected 2 x 21 = 42, got ${y!.data[0]}`);
    tell({ opened: true });
    const reference = await goldenRun(device === "cpu" ? runtime : nodeRuntime({ threads }));
    const checks: Partial<Record<ComputeType, Check>> = {};
    for (const dtype of factsOf(device).dtypes) {
      checks[dtype] = await selfCheck(runtime, reference, dtype).catch((error: unknown) => {
        if (dtype === "fp32") throw error;
        // Many adapters have no float16.
        return { deviation: null, bound: DEVIATION_BOUNDS[dtype], passed: false };
      });
      tell({ checks: { ...checks } });
    }
    tell({ rate: await productRate(runtime) });
    await session.dispose();
  } catch (error) {
    tell({ problem: shortProblem((error as Error).message) });
  }
}

/** What ONNX Runtime says, without the place in its sources and the condition that failed. */
function shortProblem(message: string): string {
  const line = message.split("\n")[0]!;
  const condition = " was false. ";
  const at = line.lastIndexOf(condition);
  return at < 0 ? line : line.slice(at + condition.length);
}
