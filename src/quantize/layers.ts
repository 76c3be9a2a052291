/** How much each layer alone loses by integers. */
import { ofQuantized, quantizedParam } from "../models/index.ts";
import { createNetworks, type NetworkConfigs, type Networks } from "../pipelines/index.ts";
import type { Runtime, WeightData, Weights } from "../runtime/index.ts";
import type { Drawn } from "./drawn.ts";
import { measureLoss } from "./loss.ts";

export interface LayerLoss {
  /** The weight that is multiplied in integers, all others in float32. */
  readonly name: string;
  /** Nats a token. */
  readonly divergence: number;
}

/** Weights in integers where `isQuantized` says so, and as they are in `floats` elsewhere. */
export function mixedWeights(floats: Weights, integers: Weights, isQuantized: (name: string) => boolean): Weights {
  const mixed = new Map<string, WeightData>(floats);
  for (const stored of integers.keys()) {
    const name = ofQuantized(stored);
    if (name === undefined || !isQuantized(name)) continue;
    const { weight, scale } = quantizedParam(name);
    mixed.delete(name);
    mixed.set(weight, integers.get(weight)!).set(scale, integers.get(scale)!);
  }
  return mixed;
}

/** The loss of every layer by itself, the largest first. */
export async function layerLosses(
  runtime: Runtime,
  configs: NetworkConfigs,
  { floats, integers }: { readonly floats: Weights; readonly integers: Weights },
  reference: Networks,
  drawn: Drawn,
  onLayer: (done: number, total: number, name: string) => void,
  signal?: AbortSignal,
): Promise<LayerLoss[]> {
  const names = [...integers.keys()].flatMap((stored) => ofQuantized(stored) ?? []);
  const losses: LayerLoss[] = [];
  for (const [i, name] of names.entries()) {
    signal?.throwIfAborted();
    onLayer(i, names.length, name);
    const networks = createNetworks(
      runtime,
      configs,
      mixedWeights(floats, integers, (one) => one === name),
    );
    try {
      losses.push({ name, divergence: (await measureLoss(reference, networks, drawn)).divergence });
    } finally {
      await networks.dispose();
    }
  }
  return losses.sort((a, b) => b.divergence - a.divergence);
}
