/** One axis' weights, [out, in] row-major. */
export interface ResizeMatrix {
  readonly data: Float32Array;
  readonly out: number;
  readonly in: number;
}

function checkSides(from: number, to: number, where: string): void {
  for (const side of [from, to]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new RangeError(`${where}: expected sides of at least 1, got ${from} to ${to}`);
    }
  }
}

/**
 * Area pooling of one axis: PyTorch's adaptive average pooling. Output i is the mean of inputs ⌊i·in/out⌋ up to, not
 * including, ⌈(i+1)·in/out⌉; the windows overlap or repeat where the sides do not divide, when enlarging too.
 */
export function areaMatrix(from: number, to: number): ResizeMatrix {
  checkSides(from, to, "areaMatrix");
  const data = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const begin = Math.floor((i * from) / to);
    const end = Math.ceil(((i + 1) * from) / to);
    data.fill(1 / (end - begin), i * from + begin, i * from + end);
  }
  return { data, out: to, in: from };
}

/** Cubic convolution kernel at distance `t` (R. Keys, "Cubic convolution interpolation", IEEE ASSP 1981); a = −0.5 is exact for quadratics. */
export function cubic(t: number, a: number): number {
  const d = Math.abs(t);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/**
 * Bicubic weights of one axis as PyTorch's `interpolate(mode='bicubic', align_corners=False)`: a = −0.75, pixel centres at
 * half steps, four taps without antialias when shrinking too, taps beyond an edge counted at the edge.
 */
export function bicubicMatrix(from: number, to: number): ResizeMatrix {
  checkSides(from, to, "bicubicMatrix");
  const weights = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const base = Math.floor(centre);
    for (let tap = base - 1; tap <= base + 2; tap++) {
      const at = i * from + Math.min(Math.max(tap, 0), from - 1);
      weights[at] = weights[at]! + cubic(centre - tap, -0.75);
    }
  }
  return { data: Float32Array.from(weights), out: to, in: from };
}

/**
 * Resizes planes: rows · plane · columnsᵀ, sums in double precision.
 * @param data [planes, h, w] row-major.
 * @returns [planes, rows.out, columns.out].
 * @throws RangeError when the data is not whole planes of rows.in × columns.in.
 */
export function resizeSeparable(data: Float32Array, rows: ResizeMatrix, columns: ResizeMatrix): Float32Array {
  const plane = rows.in * columns.in;
  if (data.length % plane !== 0) {
    throw new RangeError(
      `resizeSeparable: expected planes of ${rows.in}x${columns.in} values, got ${data.length} values`,
    );
  }
  const planes = data.length / plane;
  const out = new Float32Array(planes * rows.out * columns.out);
  const spanRows = spans(rows);
  const spanColumns = spans(columns);
  const wide = new Float64Array(rows.in * columns.out);
  for (let p = 0; p < planes; p++) {
    for (let y = 0; y < rows.in; y++) {
      const from = p * plane + y * columns.in;
      for (let x = 0; x < columns.out; x++) {
        let sum = 0;
        for (let k = spanColumns[2 * x]!; k < spanColumns[2 * x + 1]!; k++) {
          sum += columns.data[x * columns.in + k]! * data[from + k]!;
        }
        wide[y * columns.out + x] = sum;
      }
    }
    for (let y = 0; y < rows.out; y++) {
      const to = (p * rows.out + y) * columns.out;
      for (let x = 0; x < columns.out; x++) {
        let sum = 0;
        for (let k = spanRows[2 * y]!; k < spanRows[2 * y + 1]!; k++) {
          sum += rows.data[y * rows.in + k]! * wide[k * columns.out + x]!;
        }
        out[to + x] = sum;
      }
    }
  }
  return out;
}

/** For every output the first input with weight and one past the last: [begin, end] pairs. */
function spans(matrix: ResizeMatrix): Int32Array {
  const pairs = new Int32Array(matrix.out * 2);
  for (let i = 0; i < matrix.out; i++) {
    const row = matrix.data.subarray(i * matrix.in, (i + 1) * matrix.in);
    let begin = 0;
    let end = matrix.in;
    while (begin < end && row[begin] === 0) begin++;
    while (end > begin && row[end - 1] === 0) end--;
    pairs[2 * i] = begin;
    pairs[2 * i + 1] = end;
  }
  return pairs;
}

/** The matrix that brings an axis to another length: bicubic up, area down. */
export const axisMatrix = (from: number, to: number): ResizeMatrix =>
  to < from ? areaMatrix(from, to) : bicubicMatrix(from, to);
