/** A large PNG written band by band, so that only its packed bytes are held. */
import { type FileExtras, pngChunk, withExtras } from "flexvar/image";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

interface Header {
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly extras: FileExtras;
}

/**
 * An 8-bit PNG, RGB or RGBA, without loss.
 * @param bands RGBA rows from the top, each band whole rows
 */
export async function writePng(
  { width, height, hasAlpha, extras }: Header,
  bands: AsyncIterable<Uint8Array>,
): Promise<Blob> {
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head.set([8, hasAlpha ? 6 : 2, 0, 0, 0], 8);
  const start = await new Blob([SIGNATURE, pngChunk("IHDR", head) as BlobPart]).arrayBuffer();
  const parts: BlobPart[] = [withExtras(new Uint8Array(start), "png", extras) as BlobPart];
  const pack = new CompressionStream("deflate");
  const packed = collect(pack.readable, parts);
  const writer = pack.writable.getWriter();
  const filter = rowFilter(width, hasAlpha ? 4 : 3);
  for await (const band of bands) await writer.write(filter(band) as BufferSource);
  await writer.close();
  await packed;
  parts.push(pngChunk("IEND", new Uint8Array(0)) as BlobPart);
  return new Blob(parts, { type: "image/png" });
}

/** Bytes of one chunk of pixels at least. */
const CHUNK = 1 << 20;

async function collect(stream: ReadableStream<Uint8Array>, parts: BlobPart[]): Promise<void> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    const body = new Uint8Array(await new Blob(waiting as BlobPart[]).arrayBuffer());
    if (body.length > 0) parts.push(pngChunk("IDAT", body) as BlobPart);
    waiting = [];
    length = 0;
  };
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    waiting.push(value);
    length += value.length;
    if (length >= CHUNK) await flush();
  }
  await flush();
}

/** Turns bands of RGBA rows into filtered scanlines: each sample less what the Paeth rule foresees (PNG, 9.4). */
function rowFilter(width: number, channels: 3 | 4): (band: Uint8Array) => Uint8Array {
  const stride = width * channels;
  let above = new Uint8Array(stride);
  return (band) => {
    const rows = band.length / (4 * width);
    const out = new Uint8Array(rows * (stride + 1));
    for (let y = 0; y < rows; y++) {
      const row = channels === 4 ? band.slice(4 * y * width, 4 * (y + 1) * width) : withoutAlpha(band, y, width);
      const to = y * (stride + 1);
      out[to] = 4;
      for (let i = 0; i < stride; i++) {
        const left = i < channels ? 0 : row[i - channels]!;
        const corner = i < channels ? 0 : above[i - channels]!;
        const up = above[i]!;
        const guess = left + up - corner;
        const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
        out[to + 1 + i] = row[i]! - (a <= b && a <= c ? left : b <= c ? up : corner);
      }
      above = row;
    }
    return out;
  };
}

function withoutAlpha(band: Uint8Array, y: number, width: number): Uint8Array<ArrayBuffer> {
  const row = new Uint8Array(3 * width);
  for (let x = 0, from = 4 * y * width; x < width; x++, from += 4) {
    row[3 * x] = band[from]!;
    row[3 * x + 1] = band[from + 1]!;
    row[3 * x + 2] = band[from + 2]!;
  }
  return row;
}
