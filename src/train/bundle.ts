/**
 * Small parameters are updated together: a network has many biases and norms, and for each of their operations starting it takes longer
 * than doing it. Large ones stay apart, so that what one operation leaves is still in the processor's cache for the next.
 */
import { ops, type Shape, type Tensor } from "../engine/index.ts";
import { type ParamDecl, sizeOfShape } from "../nn/index.ts";

const { concat, reshape, slice } = ops;

/** Most numbers of a parameter that is updated together with others. */
const SMALL = 2 ** 14;

/** Rows in groups that one update serves: small ones of one key together, every other alone; `keyOf` undefined keeps a row alone. */
export function bundled<T extends { readonly decl: ParamDecl }>(
  rows: readonly T[],
  keyOf: (row: T) => string | undefined,
): T[][] {
  const groups: T[][] = [];
  const byKey = new Map<string, T[]>();
  for (const row of rows) {
    const key = sizeOfShape(row.decl.shape) > SMALL ? undefined : keyOf(row);
    const group = key === undefined ? undefined : byKey.get(key);
    if (group !== undefined) {
      group.push(row);
      continue;
    }
    const own = [row];
    groups.push(own);
    if (key !== undefined) byKey.set(key, own);
  }
  return groups;
}

/** Tensors of these shapes as one, and what is computed of that one in parts of these shapes; one alone stays as it is. */
export function joining(shapes: readonly (readonly number[])[]) {
  if (shapes.length === 1)
    return { join: ([only]: readonly Tensor[]): Tensor => only!, part: (x: Tensor): Tensor[] => [x] };
  return {
    join: (tensors: readonly Tensor[]): Tensor =>
      concat(
        tensors.map((t) => reshape(t, [sizeOfShape(t.shape as number[])])),
        0,
      ),
    part(x: Tensor): Tensor[] {
      let from = 0;
      return shapes.map((shape: Shape) => {
        const begin = from;
        from += sizeOfShape(shape as number[]);
        return reshape(slice(x, 0, begin, from), shape);
      });
    },
  };
}
