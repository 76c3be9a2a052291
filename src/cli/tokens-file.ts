/** Tokens of every scale as a NumPy archive: `scales` int64 [n, 2] and `tokens_00`… int64 [B, h, w]. */

import { type NpyArray, readNpz, writeNpz } from "../checkpoint/index.ts";
import { FileError, inFile } from "../errors/index.ts";
import type { ScaleTokens } from "../pipelines/index.ts";
import { checkGrids, type Grid, gridTokens } from "../sampling/index.ts";
import { scalesArray, tokensArray, tokensName } from "./trace.ts";

/** Writes tokens, whole or not at all. */
export async function writeTokens(path: string, scales: readonly ScaleTokens[]): Promise<void> {
  const grids = scales.map(({ grid }) => grid);
  const tokens = scales.map(({ grid, tokens: ids }, i): [string, NpyArray] => [tokensName(i), tokensArray(ids, grid)]);
  await writeNpz(path, [["scales", scalesArray(grids)], ...tokens]);
}

/**
 * Reads the scales chosen by `pick` (all by default) of an archive that {@link writeTokens} or `--trace` wrote.
 * @throws Error naming the file and the array, what was expected and what was found.
 */
export async function readTokens(
  path: string,
  pick: (grids: readonly Grid[]) => readonly number[] = (grids) => [...grids.keys()],
): Promise<{ readonly index: number; readonly scale: ScaleTokens }[]> {
  const grids = gridsOf((await readNpz(path, ["scales"])).get("scales")!, path);
  const wanted = pick(grids);
  const arrays = await readNpz(path, wanted.map(tokensName));
  return wanted.map((index) => {
    const name = tokensName(index);
    return {
      index,
      scale: { grid: grids[index]!, tokens: tokensOf(arrays.get(name)!, grids[index]!, `${path}: ${name}`) },
    };
  });
}

function gridsOf(array: NpyArray, path: string): Grid[] {
  const { shape } = array;
  if (shape.length !== 2 || shape[1] !== 2)
    throw new FileError(path, "scales of shape [n, 2]", `[${shape.join(", ")}]`);
  const sides = integers(array, `${path}: scales`);
  try {
    return checkGrids(Array.from({ length: shape[0]! }, (_, i): Grid => [sides[2 * i]!, sides[2 * i + 1]!]));
  } catch (error) {
    throw inFile(path, error);
  }
}

function tokensOf(array: NpyArray, grid: Grid, where: string): Int32Array {
  const [h, w] = grid;
  const { shape } = array;
  if (shape.length !== 3 || shape[0]! < 1 || shape[1] !== h || shape[2] !== w)
    throw new FileError(where, `shape [B, ${h}, ${w}]`, `[${shape.join(", ")}]`);
  return Int32Array.from(integers(array, where));
}

function integers(array: NpyArray, where: string): number[] {
  if (!/^u?int/.test(array.dtype)) throw new FileError(where, "whole numbers", array.dtype);
  return Array.from<number | bigint, number>(array.data, Number);
}

/** Tokens of each picture of a batch by itself. */
export function perPicture({ grid, tokens }: ScaleTokens): ScaleTokens[] {
  const l = gridTokens(grid);
  return Array.from({ length: tokens.length / l }, (_, b) => ({ grid, tokens: tokens.slice(b * l, (b + 1) * l) }));
}
