/** Matrix products in float64 on ONNX Runtime's CPU. */
import { input, ops, program } from "../engine/index.ts";
import type { Session } from "../runtime/index.ts";

interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** The first factor is stored [inner, rows]. */
  readonly transA?: boolean;
  /** The second factor is stored [columns, inner]. */
  readonly transB?: boolean;
}

/** op(a) · op(b), row-major [rows, columns]. */
export type DoubleProduct = (a: Float64Array, b: Float64Array, shape: ProductShape) => Promise<Float64Array>;

/** Products by ONNX Runtime. @param threads threads of one product; all cores by default. */
export async function doubleProducts(threads?: number): Promise<DoubleProduct> {
  const { nodeRuntime } = await import("../runtime/node.ts");
  const runtime = nodeRuntime({ threads });
  const sessions = new Map<string, Promise<Session>>();
  const sessionFor = (transA: boolean, transB: boolean): Promise<Session> => {
    const key = `${transA} ${transB}`;
    const session = sessions.get(key) ?? runtime.open(productProgram(transA, transB));
    sessions.set(key, session);
    return session;
  };
  return async (a, b, { rows, inner, columns, transA = false, transB = false }) => {
    if (a.length !== rows * inner || b.length !== inner * columns)
      throw new RangeError(
        `product: expected ${rows}x${inner} and ${inner}x${columns} numbers, got ${a.length} and ${b.length}`,
      );
    if (rows === 0 || columns === 0 || inner === 0) return new Float64Array(rows * columns);
    const session = await sessionFor(transA, transB);
    const { c } = await session.run({
      a: runtime.doubles(a, transA ? [inner, rows] : [rows, inner]),
      b: runtime.doubles(b, transB ? [columns, inner] : [inner, columns]),
    });
    return c!.data as Float64Array;
  };
}

/** Rows of a symmetric product that are computed at once. */
const SYMMETRIC_ROWS = 256;

/**
 * a · bᵀ of rows [n, inner] where the product is known to be symmetric: [n, n], of which the lower triangle is filled and what lies above
 * it is not to be read. A little more than half of the work of the whole.
 */
export async function lowerProduct(
  a: Float64Array,
  b: Float64Array,
  n: number,
  inner: number,
  product: DoubleProduct,
): Promise<Float64Array> {
  const out = new Float64Array(n * n);
  for (let from = 0; from < n; from += SYMMETRIC_ROWS) {
    const to = Math.min(n, from + SYMMETRIC_ROWS);
    const shape = { rows: to - from, inner, columns: to, transB: true };
    const block = await product(a.subarray(from * inner, to * inner), b.subarray(0, to * inner), shape);
    for (let i = from; i < to; i++) out.set(block.subarray((i - from) * to, (i - from + 1) * to), i * n);
  }
  return out;
}

/** Rows of each side that one product of a tile takes. */
const TILE = 1024;

/**
 * Products of rows a [n, dim] with rows b [m, dim] tile by tile: `dots` [rows, columns] from row i0 of a and row j0 of b on.
 * @param isUpper leaves out the tiles below the diagonal
 */
export async function* productTiles(
  a: Float32Array,
  b: Float32Array,
  dim: number,
  product: DoubleProduct,
  isUpper = false,
) {
  const [n, m] = [a.length / dim, b.length / dim];
  for (let i0 = 0; i0 < n; i0 += TILE) {
    const rows = Math.min(TILE, n - i0);
    const left = Float64Array.from(a.subarray(i0 * dim, (i0 + rows) * dim));
    for (let j0 = isUpper ? i0 : 0; j0 < m; j0 += TILE) {
      const columns = Math.min(TILE, m - j0);
      const right = Float64Array.from(b.subarray(j0 * dim, (j0 + columns) * dim));
      const dots = await product(left, right, { rows, inner: dim, columns, transB: true });
      yield { i0, j0, rows, columns, dots };
    }
  }
}

function productProgram(transA: boolean, transB: boolean) {
  const a = input("a", "float64", transA ? ["inner", "rows"] : ["rows", "inner"]);
  const b = input("b", "float64", transB ? ["columns", "inner"] : ["inner", "columns"]);
  return program("product", { c: ops.matmul(a, b, { transA, transB }) });
}
