/** Statistics files as the OpenAI evaluator has them: mu, sigma, and mu_s, sigma_s for sFID. */

import { type NpyArray, withNpz, writeNpz } from "../checkpoint/index.ts";
import { FileError } from "../errors/index.ts";
import { concatArrays } from "../files/index.ts";
import type { Moments } from "./moments.ts";

export interface Statistics {
  readonly moments: Moments;
  readonly spatial?: Moments | undefined;
  /** How the features were made, where the file says. */
  readonly protocol?: string;
}

/** Arrays `mu` and `sigma` with a name's tail: of one set, or of those of several places one behind the other along a first axis. */
export function momentsArrays(tail: string, each: readonly Moments[], isPlaced: boolean): Record<string, NpyArray> {
  const { dim } = each[0]!;
  const array = (shape: number[], of: (one: Moments) => Float64Array): NpyArray => ({
    dtype: "float64",
    shape: isPlaced ? [each.length, ...shape] : shape,
    data: concatArrays(Float64Array, each.map(of)),
  });
  return {
    [`mu${tail}`]: array([dim], ({ mean }) => mean),
    [`sigma${tail}`]: array([dim, dim], ({ covariance }) => covariance),
  };
}

/** Writes statistics that numpy and the usual evaluators read, with protocol and count beside. */
export async function writeStatistics(path: string, { moments, spatial, protocol }: Statistics): Promise<void> {
  const entries = { ...momentsArrays("", [moments], false), ...(spatial && momentsArrays("_s", [spatial], false)) };
  if (moments.count !== undefined)
    entries.count = { dtype: "float64", shape: [1], data: Float64Array.of(moments.count) };
  if (protocol !== undefined) {
    const data = new TextEncoder().encode(protocol);
    entries.protocol = { dtype: "uint8", shape: [data.length], data };
  }
  await writeNpz(path, entries);
}

/** Reads statistics; undefined where the file holds none. @throws Error naming the file where their shapes do not fit */
export function readStatistics(path: string): Promise<Statistics | undefined> {
  return withNpz(path, async (file) => {
    if (!file.arrays.has("mu") || !file.arrays.has("sigma")) return undefined;
    const floats = async (name: string): Promise<{ data: Float64Array; shape: readonly number[] }> => {
      const { dtype, data, shape } = await file.arrays.get(name)!.read();
      if (dtype !== "float64" && dtype !== "float32") throw new FileError(path, `${name} of float64 or float32`, dtype);
      return { data: Float64Array.from(data as Float64Array | Float32Array), shape };
    };
    const count = file.arrays.has("count") ? (await floats("count")).data[0] : undefined;
    const pair = async (tail: string): Promise<Moments> => {
      const [mean, covariance] = [await floats(`mu${tail}`), await floats(`sigma${tail}`)];
      const dim = mean.data.length;
      if (mean.shape.length !== 1 || covariance.shape.join("x") !== `${dim}x${dim}`)
        throw new FileError(path, `mu${tail} [n] and sigma${tail} [n, n]`, `[${mean.shape}] and [${covariance.shape}]`);
      for (let i = 0; i < dim; i++)
        if (!(covariance.data[i * dim + i]! >= 0))
          throw new FileError(
            path,
            `no negative variance on the diagonal of sigma${tail}`,
            `${covariance.data[i * dim + i]} in row ${i}`,
          );
      return { count, dim, mean: mean.data, covariance: covariance.data };
    };
    const text = await file.arrays.get("protocol")?.read();
    const moments = await pair("");
    return {
      moments,
      ...(file.arrays.has("mu_s") && file.arrays.has("sigma_s") ? { spatial: await pair("_s") } : {}),
      ...(text?.dtype === "uint8" ? { protocol: new TextDecoder().decode(text.data as Uint8Array) } : {}),
    };
  });
}
