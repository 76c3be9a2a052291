type NumberArray = Uint8Array | Int32Array | Float32Array | Float64Array;

/** Arrays one behind the other. @param type the arrays' constructor: there may be none of them */
export function concatArrays<T extends NumberArray>(
  type: new (length: number) => T,
  parts: readonly ArrayLike<number>[],
): T {
  const all = new type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
