/** Photographs for tests: with a colour profile, records and what must not survive an edit in them. */
import sharp from "sharp";
import { withExtras } from "../../src/image/index.ts";

/** What a thumbnail is recognised by. */
export const THUMBNAIL = "the picture as it was";
export const MAKER = "a block of the maker's own";

interface Field {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly value: Buffer;
}

const short = (tag: number, value: number): Field => ({ tag, type: 3, count: 1, value: word(value, 2) });
const long = (tag: number, value: number): Field => ({ tag, type: 4, count: 1, value: word(value, 4) });
const text = (tag: number, value: string): Field => {
  const bytes = Buffer.from(`${value}\0`, "latin1");
  return { tag, type: 2, count: bytes.length, value: bytes };
};
function word(value: number, bytes: 2 | 4): Buffer {
  const out = Buffer.alloc(bytes);
  if (bytes === 2) out.writeUInt16BE(value);
  else out.writeUInt32BE(value);
  return out;
}

/** One list of a TIFF structure that begins at `at`, and the bytes after it. */
function list(fields: readonly Field[], at: number, next: number): Buffer {
  const head = Buffer.alloc(2 + 12 * fields.length + 4);
  head.writeUInt16BE(fields.length);
  const after: Buffer[] = [];
  let place = at + head.length;
  for (const [i, { tag, type, count, value }] of fields.entries()) {
    const to = 2 + 12 * i;
    head.writeUInt16BE(tag, to);
    head.writeUInt16BE(type, to + 2);
    head.writeUInt32BE(count, to + 4);
    if (value.length <= 4) value.copy(head, to + 8);
    else {
      head.writeUInt32BE(place, to + 8);
      after.push(value);
      place += value.length;
    }
  }
  head.writeUInt32BE(next, head.length - 4);
  return Buffer.concat([head, ...after]);
}

/** A camera's record, big-endian: turned a quarter, with a maker's block, a place and a thumbnail. */
export function cameraExif(orientation = 6): Uint8Array {
  const details = (at: number): Buffer =>
    list([text(0x9003, "2024:05:06 07:08:09"), text(0x927c, MAKER), short(0xa002, 640), short(0xa003, 480)], at, 0);
  const place = (at: number): Buffer => list([text(1, "N"), text(29, "2024:05:06")], at, 0);
  const main = (detailsAt: number, placeAt: number, thumbnailAt: number): Buffer =>
    list(
      [text(0x010f, "A maker of cameras"), short(0x0112, orientation), long(0x8769, detailsAt), long(0x8825, placeAt)],
      8,
      thumbnailAt,
    );
  const detailsAt = 8 + main(0, 0, 0).length;
  const placeAt = detailsAt + details(0).length;
  const thumbnailAt = placeAt + place(0).length;
  const thumbnail = (at: number): Buffer => list([long(0x0201, at), long(0x0202, THUMBNAIL.length)], thumbnailAt, 0);
  return Buffer.concat([
    Buffer.from("MM\0*\0\0\0\x08", "latin1"),
    main(detailsAt, placeAt, thumbnailAt),
    details(detailsAt),
    place(placeAt),
    thumbnail(thumbnailAt + thumbnail(0).length),
    Buffer.from(THUMBNAIL),
  ]);
}

/** Samples that look like a picture: smooth, with detail. */
function scene(width: number, height: number, channels: 3 | 4, white: number): number[] {
  return Array.from({ length: width * height * channels }, (_, i) => {
    const [x, y, c] = [Math.floor(i / channels) % width, Math.floor(i / channels / width), i % channels];
    if (c === 3) return x < 10 ? Math.round(white / 3) : white;
    const wave = Math.sin(x / 17 + c) * Math.cos(y / 23) + 0.2 * Math.sin(x * y);
    return Math.round(white * (0.5 + wave / 2.5));
  });
}

/** A JPEG of a phone: Display P3, turned by its record. */
export async function phonePhoto(width: number, height: number): Promise<Uint8Array> {
  const pixels = sharp(Uint8Array.from(scene(width, height, 3, 255)), { raw: { width, height, channels: 3 } });
  const jpeg = await pixels.withIccProfile("p3").jpeg({ quality: 92 }).toBuffer();
  return withExtras(jpeg, "jpeg", { exif: cameraExif() });
}

/** A PNG of 16 bits with alpha in Display P3. */
export async function deepPhoto(width: number, height: number): Promise<Uint8Array> {
  return sharp(Uint16Array.from(scene(width, height, 4, 65535)), { raw: { width, height, channels: 4 } })
    .toColourspace("rgb16")
    .withIccProfile("p3")
    .png()
    .toBuffer();
}
