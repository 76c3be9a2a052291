import { concatArrays } from "../../files/web.ts";

/** Pieces up to this length are copied at once: a graph has thousands. Longer ones (weights) are kept as they are until the end. */
const SHORT = 4096;
const FIRST_BYTES = 64;
const encoder = new TextEncoder();

/** A minimal protocol-buffer writer: the wire types that messages of ONNX and TensorBoard use. */
export class ProtoWriter {
  /** Finished pieces; the bytes after them are the first `used` of `open`. */
  private chunks: Uint8Array[] = [];
  private open = new Uint8Array(FIRST_BYTES);
  private used = 0;

  /** Makes room for `count` bytes; where they begin. */
  private take(count: number): number {
    const at = this.used;
    if (at + count > this.open.length) {
      const larger = new Uint8Array(2 * (at + count));
      larger.set(this.open.subarray(0, at));
      this.open = larger;
    }
    this.used += count;
    return at;
  }

  private byte(value: number): void {
    const at = this.take(1);
    this.open[at] = value;
  }

  private varint(value: number | bigint): void {
    if (typeof value === "number" && value >= 0 && value < 2 ** 31) {
      let left = value;
      for (; left > 0x7f; left >>>= 7) this.byte((left & 0x7f) | 0x80);
      this.byte(left);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      this.byte(rest === 0n ? low : low | 0x80);
    } while (rest !== 0n);
  }

  private put(piece: Uint8Array): void {
    if (piece.length <= SHORT) {
      const at = this.take(piece.length);
      this.open.set(piece, at);
      return;
    }
    this.flush();
    this.chunks.push(piece);
  }

  private flush(): void {
    if (this.used === 0) return;
    this.chunks.push(this.open.subarray(0, this.used));
    this.open = new Uint8Array(FIRST_BYTES);
    this.used = 0;
  }

  int(field: number, value: number | bigint): this {
    this.varint(field * 8);
    this.varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.varint(field * 8 + 5);
    this.put(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  double(field: number, value: number): this {
    this.varint(field * 8 + 1);
    this.put(new Uint8Array(Float64Array.of(value).buffer));
    return this;
  }

  blob(field: number, value: Uint8Array): this {
    return this.parts(field, [value]);
  }

  /** A field of bytes that lie in several pieces. */
  private parts(field: number, pieces: readonly Uint8Array[]): this {
    this.varint(field * 8 + 2);
    this.varint(pieces.reduce((sum, piece) => sum + piece.length, 0));
    for (const piece of pieces) this.put(piece);
    return this;
  }

  string(field: number, value: string): this {
    return this.blob(field, encoder.encode(value));
  }

  message(field: number, build: (writer: ProtoWriter) => void): this {
    const inner = new ProtoWriter();
    build(inner);
    return this.parts(field, inner.pieces());
  }

  /** Another writer's fields behind these: parts of one message may be written apart. */
  append(other: ProtoWriter): this {
    for (const piece of other.pieces()) this.put(piece);
    return this;
  }

  /** What was written, in order; long pieces that were handed over are among them as they are. */
  private pieces(): readonly Uint8Array[] {
    this.flush();
    return this.chunks;
  }

  /** All in one piece. Long pieces of messages within messages are copied here alone: weights are large. */
  finish(): Uint8Array {
    return concatArrays(Uint8Array, this.pieces());
  }
}
