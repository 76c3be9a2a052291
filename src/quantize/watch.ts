/** What goes into a model's products while it draws. */
import { productsWith, program } from "../engine/index.ts";
import { quantizableWeights } from "../models/index.ts";
import {
  createNetworks,
  type NetworkConfigs,
  type Networks,
  programOf,
  sampleScales,
  transformerOf,
} from "../pipelines/index.ts";
import type { Runtime, Session, Value, Weights } from "../runtime/index.ts";
import type { Drawn } from "./drawn.ts";

const SEEN = "seen ";

/** The largest magnitude that every input channel of a product had, by the weight's name. */
export type ChannelMagnitudes = ReadonlyMap<string, Float32Array>;

/** Draws pictures in float32, and says what was seen on the way: the model itself is the calibration data. */
export async function watchProducts(
  runtime: Runtime,
  configs: NetworkConfigs,
  weights: Weights,
  drawn: Drawn,
): Promise<ChannelMagnitudes> {
  const seen = new Map<string, Float32Array>();
  const networks = watching(runtime, configs, weights, (name, value) => note(seen, name, value));
  try {
    for await (const _ of sampleScales(networks, { ...drawn.sampling, rows: drawn.rows() }));
  } finally {
    await networks.dispose();
  }
  return seen;
}

/** Networks that hand what goes into their steps' products to `onInput` as well. */
function watching(
  runtime: Runtime,
  configs: NetworkConfigs,
  weights: Weights,
  onInput: (name: string, value: Value) => void,
): Networks {
  const networks = createNetworks(runtime, configs, weights);
  const watched = new Set(quantizableWeights(transformerOf(configs)));
  const opened = new Map<boolean, Promise<Session>>();
  const open = async (guided: boolean): Promise<Session> => {
    const traced = programOf(guided ? "guidedStep" : "step", configs);
    const inputs = productsWith(traced).filter(({ name }) => watched.has(name));
    const extra = Object.fromEntries(inputs.map(({ name, x }) => [`${SEEN}${name}`, x]));
    const wanted = Object.fromEntries(Object.keys(extra).map((name) => [name, null]));
    const session = await runtime.open(program(traced.name, { ...traced.outputs, ...extra }), { weights });
    return {
      ...session,
      async run(feeds, fetches) {
        const outputs = Object.entries(await session.run(feeds, fetches && { ...fetches, ...wanted }));
        for (const [name, value] of outputs) if (name.startsWith(SEEN)) onInput(name.slice(SEEN.length), value);
        return Object.fromEntries(outputs.filter(([name]) => !name.startsWith(SEEN)));
      },
    };
  };
  return {
    ...networks,
    step(guided) {
      const session = opened.get(guided) ?? open(guided);
      opened.set(guided, session);
      return session;
    },
    async dispose() {
      await Promise.all([networks.dispose(), ...[...opened.values()].map(async (one) => (await one).dispose())]);
    },
  };
}

/** Takes the magnitudes of [.., K] into those seen so far. */
function note(seen: Map<string, Float32Array>, name: string, { data, dims }: Value): void {
  const K = dims.at(-1)!;
  const largest = seen.get(name) ?? new Float32Array(K);
  const values = data as Float32Array;
  for (let at = 0; at < values.length; at += K)
    for (let k = 0; k < K; k++) {
      const size = Math.abs(values[at + k]!);
      if (size > largest[k]!) largest[k] = size;
    }
  seen.set(name, largest);
}
