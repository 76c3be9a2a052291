/** The row of `codes` [V, Z] with the largest cosine to the `Z` numbers of `rows` at `at`; codes have unit length. */
export function largestCosine(codes: Float32Array, Z: number, rows: Float32Array, at: number): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let v = 0; v * Z < codes.length; v++) {
    let dot = 0;
    for (let z = 0; z < Z; z++) dot += codes[v * Z + z]! * rows[at + z]!;
    if (dot > most) {
      most = dot;
      best = v;
    }
  }
  return best;
}

/** The row of `codes` [V, Z] with the smallest distance to the `Z` numbers of `rows` at `at`. */
export function nearestRow(codes: Float32Array, Z: number, rows: Float32Array, at: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let v = 0; v * Z < codes.length; v++) {
    let distance = 0;
    for (let z = 0; z < Z && distance < least; z++) distance += (codes[v * Z + z]! - rows[at + z]!) ** 2;
    if (distance < least) {
      least = distance;
      best = v;
    }
  }
  return best;
}
