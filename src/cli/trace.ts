/** `--trace`: every number of a run as a NumPy archive; `test/cli.test.ts` compares one with the golden runs. */
import { type NpyArray, type NpyStream, npyArray, writeNpz } from "../checkpoint/index.ts";
import { concatArrays } from "../files/index.ts";
import type { PlanarBatch } from "../image/index.ts";
import type { ScaleEvent } from "../pipelines/index.ts";
import type { Grid } from "../sampling/index.ts";

const two = (index: number): string => String(index).padStart(2, "0");
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** int64 [n, 2], rows (h, w). */
export function scalesArray(grids: readonly Grid[]): NpyArray {
  return npyArray("int64", [grids.length, 2], bytesOf(BigInt64Array.from(grids.flat(), BigInt)));
}

/** int64 [B, h, w]. */
export function tokensArray(tokens: Int32Array, [h, w]: Grid): NpyArray {
  return npyArray("int64", [tokens.length / (h * w), h, w], bytesOf(BigInt64Array.from(tokens, BigInt)));
}

export const tokensName = (scale: number): string => `tokens_${two(scale)}`;

/**
 * Collects a run's events. Pictures of all batches are stacked along the first axis. Everything is held until `write`:
 * about 4·V bytes a token.
 */
export function traceCollector() {
  const grids: Grid[] = [];
  const tokens: Int32Array[][] = [];
  const logits: Float32Array[][] = [];
  const images: PlanarBatch[] = [];
  return {
    /** One scale of one batch; at the last scale with its pictures as the decoder returned them. */
    add({ index, grid, tokens: ids, logits: values }: ScaleEvent, decoded?: PlanarBatch): void {
      grids[index] = grid;
      tokens[index] = [...(tokens[index] ?? []), ids];
      logits[index] = [...(logits[index] ?? []), values];
      if (decoded !== undefined) images.push(decoded);
    },
    /** Writes the archive, whole or not at all. */
    async write(path: string): Promise<void> {
      const entries: [string, NpyArray | NpyStream][] = [["scales", scalesArray(grids)]];
      for (const [i, grid] of grids.entries()) {
        entries.push([tokensName(i), tokensArray(concatArrays(Int32Array, tokens[i]!), grid)]);
        entries.push([`logits_${two(i)}`, logitsStream(logits[i]!, tokens[i]!, grid)]);
      }
      const { height, width } = images[0]!;
      const shape = [images.reduce((n, one) => n + one.batch, 0), 3, height, width];
      entries.push(["image", { dtype: "float32", shape, chunks: images.map(({ data }) => bytesOf(data)) }]);
      await writeNpz(path, entries);
    },
  };
}

function logitsStream(parts: readonly Float32Array[], tokens: readonly Int32Array[], [h, w]: Grid): NpyStream {
  const l = h * w;
  const count = tokens.reduce((n, part) => n + part.length, 0);
  const values = parts.reduce((n, part) => n + part.length, 0);
  return { dtype: "float32", shape: [count / l, l, values / count], chunks: parts.map(bytesOf) };
}
