import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { toOnnx } from "../../src/engine/index.ts";
import { createRuntime, type Runtime } from "../../src/runtime/index.ts";

type Types = readonly Record<string, unknown>[];

interface ProfileEvent {
  readonly cat: string;
  readonly args?: {
    readonly op_name?: string;
    readonly provider?: string;
    readonly input_type_shape?: Types;
    readonly output_type_shape?: Types;
  };
}

export interface ProfiledRuntime {
  readonly runtime: Runtime;
  /**
   * Operators of the session closed last that ran on the CPU, by ONNX Runtime's profile. Integer arithmetic is left
   * out, with what takes its result to a float: extents are computed on the host by design.
   */
  readonly fallbacks: () => readonly string[];
}

/** WebGPU with every session profiled, to see where its nodes ran. */
export function profiledWebGpu(): ProfiledRuntime {
  let fallbacks: readonly string[] = [];
  const runtime = createRuntime({
    Tensor,
    provider: "webgpu",
    description: "WebGPU, profiled",
    async create(program) {
      const scratch = await mkdtemp(join(tmpdir(), "flexvar-profile-"));
      const session = await InferenceSession.create(
        toOnnx(program, { provider: "webgpu", place: () => ({ kind: "input" }) }),
        {
          executionProviders: ["webgpu"],
          enableProfiling: true,
          profileFilePrefix: join(scratch, "profile"),
          logSeverityLevel: 3,
        },
      );
      const release = session.release.bind(session);
      session.release = async () => {
        try {
          session.endProfiling();
          fallbacks = await readFallbacks(scratch);
        } finally {
          await rm(scratch, { recursive: true, force: true });
          await release();
        }
      };
      return session;
    },
  });
  return { runtime, fallbacks: () => fallbacks };
}

async function readFallbacks(folder: string): Promise<string[]> {
  const [file] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file!), "utf8")) as ProfileEvent[];
  const nodes = events.flatMap(({ cat, args }) => (cat === "Node" && args?.op_name !== undefined ? [args] : []));
  if (nodes.length === 0) throw new Error("profile: expected nodes, got none");
  const has = (dtype: string, types: Types = []): boolean => types.some((t) => dtype in t);
  const onHost = ({ op_name, input_type_shape, output_type_shape }: NonNullable<ProfileEvent["args"]>): boolean =>
    op_name === "Shape" ||
    (has("int64", input_type_shape) &&
      !has("float", input_type_shape) &&
      (op_name === "Cast" || !has("float", output_type_shape)));
  const fallen = nodes.filter((node) => node.provider === "CPUExecutionProvider" && !onHost(node));
  return [...new Set(fallen.map((node) => node.op_name!))].sort();
}
