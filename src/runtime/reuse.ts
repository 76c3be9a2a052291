/** Sessions that are used again instead of created again. */
import { createHash } from "node:crypto";
import { toOnnx } from "../engine/index.ts";
import type { OpenOptions, Runtime, Session } from "./runtime.ts";

/** Most closed sessions that are kept. */
const MOST_IDLE = 16;

/**
 * A runtime that keeps closed sessions for the next opening of an equal program: creating and releasing WebGPU sessions in a loop loses memory (ONNX
 * Runtime #25325). Sessions that hold weights are closed: those hold more than what is lost.
 */
export function reusingSessions(runtime: Runtime): Runtime {
  const idle = new Map<string, Session[]>();
  let kept = 0;
  return {
    ...runtime,
    async open(program, options = {}) {
      if (program.params.some(({ name }) => options.weights?.has(name!))) return runtime.open(program, options);
      const key = keyOf(runtime, program, options);
      const again = idle.get(key)?.pop();
      if (again !== undefined) kept--;
      const session = again ?? (await runtime.open(program, options));
      let open = true;
      return {
        program,
        run: (feeds, fetches) =>
          open
            ? session.run(feeds, fetches)
            : Promise.reject(new Error(`${program.name}: expected an open session, got a closed one`)),
        async dispose() {
          if (!open) return;
          open = false;
          if (kept >= MOST_IDLE) return session.dispose();
          idle.set(key, [...(idle.get(key) ?? []), session]);
          kept++;
        },
      };
    },
  };
}

function keyOf({ provider }: Runtime, program: Session["program"], { weights: _, ...options }: OpenOptions): string {
  const model = toOnnx(program, { provider, place: () => ({ kind: "input" }) });
  return createHash("sha256").update(model).update(JSON.stringify(options)).digest("hex");
}
