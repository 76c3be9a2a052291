/**
 * Outliers of activations moved into weights (SmoothQuant, arXiv 2211.10438): where a modulation precedes a product, as AdaLN does
 * (arXiv 2601.21238), channels are divided by factors in the modulation and multiplied by them in the weights. The network is the same.
 */
import { countElements, fromFloat32, toFloat32 } from "../checkpoint/index.ts";
import type { TransformerConfig } from "../models/index.ts";
import type { WeightFile } from "../pretrained/index.ts";
import type { ChannelMagnitudes } from "./watch.ts";

/** A product behind a modulation: its weight, the modulation's layer, and which parts of that are its scale and shift. */
interface Modulated {
  readonly weight: string;
  readonly modulation: string;
  readonly scale: number;
  readonly shift: number;
}

/** Products behind modulations of their own: none of the blocks where these share one. */
function modulatedProducts({ depth, sharedAdaLN }: TransformerConfig): Modulated[] {
  const block = (i: number): Modulated[] => {
    const [at, modulation] = [`blocks.${i}`, `blocks.${i}.ada_lin.1`];
    // gamma1, gamma2, scale1, scale2, shift1, shift2.
    return [
      { weight: `${at}.attn.mat_qkv.weight`, modulation, scale: 2, shift: 4 },
      { weight: `${at}.ffn.fc1.weight`, modulation, scale: 3, shift: 5 },
    ];
  };
  const head = { weight: "head.weight", modulation: "head_nm.ada_lin.1", scale: 0, shift: 1 };
  return [...(sharedAdaLN ? [] : Array.from({ length: depth }, (_, i) => block(i)).flat()), head];
}

/** How tensors are changed, in place, by their names. */
type Smoothing = ReadonlyMap<string, readonly ((values: Float32Array) => void)[]>;

/** Largest factor and its reciprocal: beyond, a channel that is never used would swallow the others' precision. */
const MOST = 32;

/** Factors of the channels: activations to the power `alpha` over weights to the power 1 − `alpha`, their geometric mean 1. */
function channelFactors(seen: Float32Array, w: Float32Array, alpha: number): Float32Array {
  const K = seen.length;
  const largest = new Float32Array(K);
  for (let at = 0; at < w.length; at += K)
    for (let k = 0; k < K; k++) {
      const size = Math.abs(w[at + k]!);
      if (size > largest[k]!) largest[k] = size;
    }
  const logs = Float64Array.from(seen, (size, k) =>
    size > 0 && largest[k]! > 0 ? alpha * Math.log(size) - (1 - alpha) * Math.log(largest[k]!) : 0,
  );
  const mean = logs.reduce((sum, log) => sum + log, 0) / K;
  return Float32Array.from(logs, (log) => Math.min(MOST, Math.max(1 / MOST, Math.exp(log - mean))));
}

/** How every tensor is to be changed. @param read the values of a weight */
export async function smoothing(
  config: TransformerConfig,
  seen: ChannelMagnitudes,
  alpha: number,
  read: (name: string) => Promise<Float32Array>,
): Promise<Smoothing> {
  const changes = new Map<string, ((values: Float32Array) => void)[]>();
  const change = (name: string, by: (values: Float32Array) => void): void => {
    changes.set(name, [...(changes.get(name) ?? []), by]);
  };
  for (const { weight, modulation, scale, shift } of modulatedProducts(config)) {
    const channels = seen.get(weight);
    if (channels === undefined) continue;
    const s = channelFactors(channels, await read(weight), alpha);
    const C = s.length;
    change(weight, (w) => {
      for (let at = 0; at < w.length; at++) w[at]! *= s[at % C]!;
    });
    // Rows of both parts over s; the scale is used as 1 + scale, so its bias keeps what the 1 becomes.
    change(`${modulation}.weight`, (w) => {
      for (const part of [scale, shift])
        for (let c = 0; c < C; c++) for (let k = 0; k < C; k++) w[(part * C + c) * C + k]! /= s[c]!;
    });
    change(`${modulation}.bias`, (b) => {
      for (let c = 0; c < C; c++) {
        b[scale * C + c] = (b[scale * C + c]! + 1) / s[c]! - 1;
        b[shift * C + c]! /= s[c]!;
      }
    });
  }
  return changes;
}

/** A file whose changed tensors are read as they become, in float32. */
export function smoothed(from: WeightFile, changes: Smoothing): WeightFile {
  const tensors = new Map(from.file.tensors);
  for (const [name, all] of changes) {
    const { dtype, shape, ...entry } = tensors.get(name)!;
    const read = async (): Promise<Uint8Array> => {
      const values = Float32Array.from(toFloat32(await entry.read(), dtype));
      for (const by of all) by(values);
      return fromFloat32(values, "float32");
    };
    tensors.set(name, { name, dtype: "float32", shape, byteLength: 4 * countElements(shape), read });
  }
  return { ...from, file: { ...from.file, tensors } };
}
