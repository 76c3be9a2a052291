import { concatArrays } from "../../files/web.ts";

/** A minimal protocol-buffer writer: the wire types that messages of ONNX and TensorBoard use. */
export class ProtoWriter {
  private chunks: Uint8Array[] = [];
  private small: number[] = [];

  private varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      this.small.push(rest === 0n ? low : low | 0x80);
    } while (rest !== 0n);
  }

  private flush(): void {
    if (this.small.length === 0) return;
    this.chunks.push(Uint8Array.from(this.small));
    this.small = [];
  }

  int(field: number, value: number | bigint): this {
    this.varint(field * 8);
    this.varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.varint(field * 8 + 5);
    this.small.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  double(field: number, value: number): this {
    this.varint(field * 8 + 1);
    this.small.push(...new Uint8Array(Float64Array.of(value).buffer));
    return this;
  }

  blob(field: number, value: Uint8Array): this {
    return this.parts(field, [value]);
  }

  /** A field of bytes that lie in several pieces. */
  private parts(field: number, pieces: readonly Uint8Array[]): this {
    this.varint(field * 8 + 2);
    this.varint(pieces.reduce((sum, piece) => sum + piece.length, 0));
    this.flush();
    for (const piece of pieces) this.chunks.push(piece);
    return this;
  }

  string(field: number, value: string): this {
    return this.blob(field, new TextEncoder().encode(value));
  }

  message(field: number, build: (writer: ProtoWriter) => void): this {
    const inner = new ProtoWriter();
    build(inner);
    return this.parts(field, inner.pieces());
  }

  /** Another writer's fields behind these: parts of one message may be written apart. */
  append(other: ProtoWriter): this {
    this.flush();
    for (const piece of other.pieces()) this.chunks.push(piece);
    return this;
  }

  /** What was written, in order; bytes that were handed over are among them as they are. */
  private pieces(): readonly Uint8Array[] {
    this.flush();
    return this.chunks;
  }

  /** All in one piece. Messages within messages are copied here alone: weights are large. */
  finish(): Uint8Array {
    return concatArrays(Uint8Array, this.pieces());
  }
}
