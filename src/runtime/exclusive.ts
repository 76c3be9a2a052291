import { createMutex } from "./mutex.ts";
import type { Runtime } from "./runtime.ts";

/**
 * One at a time in this process: two WebGPU sessions that run at once can crash (ONNX Runtime #32561); and a WebAssembly instance cannot do two
 * things at once, since opening shares its table of external weights and a WebGPU run suspends inside it.
 */
const exclusively = createMutex();

/** A runtime whose openings, runs and closings wait for those of every other such runtime of the process. */
export function oneAtATime(runtime: Runtime): Runtime {
  return {
    ...runtime,
    async open(program, options) {
      const session = await exclusively(() => runtime.open(program, options));
      return {
        program,
        run: (feeds, fetches) => exclusively(() => session.run(feeds, fetches)),
        dispose: () => exclusively(() => session.dispose()),
      };
    },
  };
}
