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
  /** Holds the result where given, rows · columns numbers: memory that is new costs more than the product where that is small. */
  readonly into?: Float64Array;
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
  return async (a, b, { rows, inner, columns, transA = false, transB = false, into }) => {
    if (a.length !== rows * inner || b.length !== inner * columns)
      throw new RangeError(
        `product: expected ${rows}x${inner} and ${inner}x${columns} numbers, got ${a.length} and ${b.length}`,
      );
    if (rows === 0 || columns === 0 || inner === 0) return into?.fill(0) ?? new Float64Array(rows * columns);
    const session = await sessionFor(transA, transB);
    const feeds = {
      a: runtime.doubles(a, transA ? [inner, rows] : [rows, inner]),
      b: runtime.doubles(b, transB ? [columns, inner] : [inner, columns]),
    };
    const { c } = await session.run(feeds, into && { c: runtime.doubles(into, [rows, columns]) });
    return c!.data as Float64Array;
  };
}

/** Rows of a symmetric product that are computed at once. */
const SYMMETRIC_ROWS = 256;

/** Memory for the blocks of a symmetric product [n, n]. */
export const blockMemory = (n: number): Float64Array => new Float64Array(Math.min(n, SYMMETRIC_ROWS) * n);

/** Rows `from` to `to` of a symmetric product, from column `from` on: [to − from, n − from]. */
interface UpperBlock {
  readonly from: number;
  readonly to: number;
  readonly block: Float64Array;
}

/**
 * a · bᵀ of rows [n, inner] where the product is known to be symmetric, on and above the diagonal: a little more than half of the work of the
 * whole. A block is good until the next is asked for.
 * @param rowsOf rows `from` to `to` of a
 */
export async function* upperBlocks(
  rowsOf: (from: number, to: number) => Float64Array | Promise<Float64Array>,
  b: Float64Array,
  n: number,
  inner: number,
  product: DoubleProduct,
  memory: Float64Array,
): AsyncGenerator<UpperBlock> {
  for (let from = 0; from < n; from += SYMMETRIC_ROWS) {
    const to = Math.min(n, from + SYMMETRIC_ROWS);
    const [rows, columns] = [to - from, n - from];
    const shape = { rows, inner, columns, transB: true, into: memory.subarray(0, rows * columns) };
    const block = await product(await rowsOf(from, to), b.subarray(from * inner, n * inner), shape);
    yield { from, to, block };
  }
}

/** Rows and columns that are turned at once: what they touch stays in the first cache. */
const MIRROR = 8;

/** Copies what stands above the diagonal of a matrix [n, n] below it. */
export function mirror(matrix: Float64Array, n: number): void {
  for (let i0 = 0; i0 < n; i0 += MIRROR) for (let j0 = 0; j0 <= i0; j0 += MIRROR) mirrorTile(matrix, n, i0, j0);
}

function mirrorTile(matrix: Float64Array, n: number, i0: number, j0: number): void {
  const [iEnd, jEnd] = [Math.min(n, i0 + MIRROR), j0 + MIRROR];
  for (let i = i0; i < iEnd; i++) for (let j = j0; j < Math.min(i, jEnd); j++) matrix[i * n + j] = matrix[j * n + i]!;
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
