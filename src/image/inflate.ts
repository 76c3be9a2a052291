import { Unzlib } from "fflate";
import { concatArrays } from "../files/web.ts";

/** Compressed bytes handed over at a time: they unpack to a megabyte at most. */
const STEP = 1024;

/** Unpacks a zlib stream (RFC 1950); undefined for broken data, and as soon as more comes out than is allowed. */
export function zlibInflate(packed: Uint8Array, mostBytes: number): Uint8Array | undefined {
  const pieces: Uint8Array[] = [];
  let total = 0;
  let isWhole = false;
  const stream = new Unzlib((piece, isLast) => {
    pieces.push(piece);
    total += piece.length;
    isWhole ||= isLast;
  });
  try {
    for (let at = 0; at < packed.length && total <= mostBytes; at += STEP)
      stream.push(packed.subarray(at, at + STEP), at + STEP >= packed.length);
  } catch {
    return undefined;
  }
  return isWhole && total <= mostBytes ? concatArrays(Uint8Array, pieces) : undefined;
}
