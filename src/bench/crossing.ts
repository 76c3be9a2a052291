/** Bytes of keys and values that cross between the host and the device. */
import type { Runtime, Value } from "../runtime/index.ts";

/** Bytes of one run. */
export interface Crossing {
  /** Given to the run by the host. */
  readonly into: number;
  /** Handed back to the host. */
  readonly out: number;
}

const CACHED = /^(new_)?[kv]_\d+$/;

function cachedBytes(values: Readonly<Record<string, Value>>): number {
  return Object.entries(values).reduce(
    // What lies on the device does not cross.
    (sum, [name, value]) =>
      CACHED.test(name) && value.location === "cpu" ? sum + (value.data as Float32Array | Uint16Array).byteLength : sum,
    0,
  );
}

/** A runtime that notes what keys and values each run of a step took and gave. */
export function watchCrossings(runtime: Runtime): { readonly runtime: Runtime; readonly crossings: Crossing[] } {
  const crossings: Crossing[] = [];
  const open: Runtime["open"] = async (program, options) => {
    const session = await runtime.open(program, options);
    if (!/step$/.test(program.name)) return session;
    return {
      ...session,
      async run(feeds, fetches) {
        const outputs = await session.run(feeds, fetches);
        crossings.push({ into: cachedBytes(feeds), out: cachedBytes(outputs) });
        return outputs;
      },
    };
  };
  return { runtime: { ...runtime, open }, crossings };
}
