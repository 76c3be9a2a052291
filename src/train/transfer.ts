/** Moving arrays between the host and the device that computes. */
import { input, ops, program } from "../engine/index.ts";
import type { Runtime, Session, Value } from "../runtime/index.ts";

/**
 * Transfers of a runtime. Both ways lead through a session that multiplies by 1, which changes no bit of a finite number: asking a
 * tensor on the device for its data ends a Node process.
 */
export function openTransfer(runtime: Runtime) {
  const sessions = new Map<string, Promise<Session>>();
  function copying(rank: number, keep: boolean): Promise<Session> {
    const key = `${rank} ${keep}`;
    const known = sessions.get(key);
    if (known !== undefined) return known;
    const x = input(
      "x",
      "float32",
      Array.from({ length: rank }, (_, axis) => `d${axis}`),
    );
    const options = keep ? { keepOnDevice: ["y"] } : {};
    const opened = runtime.open(program(keep ? "upload" : "download", { y: ops.mul(x, 1) }), options);
    sessions.set(key, opened);
    return opened;
  }
  async function copy(x: Value, keep: boolean): Promise<Value> {
    const session = await copying(x.dims.length, keep);
    return (await session.run({ x })).y!;
  }
  return {
    /** The value where the device has it at hand; on the CPU the value itself. */
    upload: async (value: Value): Promise<Value> =>
      runtime.provider === "webgpu" && value.location === "cpu" ? copy(value, true) : value,
    /** The numbers of a value, wherever it lies; live ones where it lies on the host. */
    download: async (value: Value): Promise<Float32Array> =>
      (value.location === "cpu" ? value : await copy(value, false)).data as Float32Array,
    async dispose(): Promise<void> {
      const opened = await Promise.all(sessions.values());
      await Promise.all(opened.map((session) => session.dispose()));
    },
  };
}

export type Transfer = ReturnType<typeof openTransfer>;
