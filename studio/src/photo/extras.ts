/** What a photograph's file says beside its pixels: profile, EXIF, XMP and how the pixels lie. Reads JPEG, PNG and WebP; of others nothing. */
import { type FileExtras, pngChunk } from "flexvar/image";
import type { Size } from "./orient.ts";

/** Orientation 1 to 8 as EXIF counts them; 1 where nothing is said. */
export interface PhotoExtras extends Omit<FileExtras, "text"> {
  readonly orientation: number;
  /** Pixels as stored; of JPEG alone. */
  readonly size?: Size | undefined;
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const begins = (bytes: Uint8Array, mark: string): boolean => latin1(bytes.subarray(0, mark.length)) === mark;

const EXIF = "Exif\0\0";
const XMP = "http://ns.adobe.com/xap/1.0/\0";
const ICC = "ICC_PROFILE\0";

export async function readExtras(file: Uint8Array): Promise<PhotoExtras> {
  const found = begins(file, "\xff\xd8")
    ? ofJpeg(file)
    : begins(file, "\x89PNG")
      ? await ofPng(file)
      : begins(file, "RIFF")
        ? ofWebp(file)
        : {};
  return { ...found, orientation: orientationOf(found.exif) };
}

type Found = Omit<PhotoExtras, "orientation">;

/** Segments before the pixels (ITU T.81, annex B; ICC.1, annex B.4). */
function ofJpeg(file: Uint8Array): Found {
  const profile: Uint8Array[] = [];
  let [exif, xmp]: [Uint8Array | undefined, Uint8Array | undefined] = [undefined, undefined];
  let size: Size | undefined;
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff; ) {
    const marker = file[at + 1]!;
    if (marker === 0xda) break;
    const length = file[at + 2]! * 256 + file[at + 3]!;
    const body = file.subarray(at + 4, at + 2 + length);
    if (isFrame(marker) && body.length >= 5)
      size = { height: body[1]! * 256 + body[2]!, width: body[3]! * 256 + body[4]! };
    if (marker === 0xe1 && begins(body, EXIF)) exif ??= body.subarray(EXIF.length);
    else if (marker === 0xe1 && begins(body, XMP)) xmp ??= body.subarray(XMP.length);
    else if (marker === 0xe2 && begins(body, ICC)) profile[body[ICC.length]!] = body.subarray(ICC.length + 2);
    at += 2 + Math.max(2, length);
  }
  return { exif, xmp, icc: joined(profile.filter((part) => part !== undefined)), size };
}

/** Whether a segment says how a picture is stored (SOF0 to SOF15, among which three mean something else). */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Chunks before the pixels (PNG, 11.3). */
async function ofPng(file: Uint8Array): Promise<Found> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let [exif, icc]: [Uint8Array | undefined, Uint8Array | undefined] = [undefined, undefined];
  for (let at = 8; at + 12 <= file.length; ) {
    const length = view.getUint32(at);
    const type = latin1(file.subarray(at + 4, at + 8));
    const body = file.subarray(at + 8, at + 8 + length);
    if (type === "eXIf") exif = body;
    if (type === "iCCP") icc = await inflated(body.subarray(body.indexOf(0) + 2));
    at += 12 + length;
  }
  return { exif, icc };
}

/** Chunks of the container (RFC 9649, 2.7). */
function ofWebp(file: Uint8Array): Found {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const found = new Map<string, Uint8Array>();
  for (let at = 12; at + 8 <= file.length; ) {
    const length = view.getUint32(at + 4, true);
    found.set(latin1(file.subarray(at, at + 4)), file.subarray(at + 8, at + 8 + length));
    at += 8 + length + (length % 2);
  }
  return { exif: found.get("EXIF"), xmp: found.get("XMP "), icc: found.get("ICCP") };
}

/** Most bytes of a profile that is unpacked. */
const LONGEST_PROFILE = 8 << 20;

/** A zlib stream unpacked; nothing where it is none or longer than any profile. */
async function inflated(packed: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const stream = new Blob([packed as BlobPart]).stream().pipeThrough(new DecompressionStream("deflate"));
    const parts: Uint8Array[] = [];
    let length = 0;
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return joined(parts);
      length += value.length;
      if (length > LONGEST_PROFILE) return undefined;
      parts.push(value);
    }
  } catch {
    return undefined;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array | undefined {
  if (parts.length === 0) return undefined;
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The orientation that a record states; 1 where it states none, or none that there is. */
function orientationOf(exif: Uint8Array | undefined): number {
  const { view, at, isLittle } = orientationIn(exif) ?? {};
  const value = view?.getUint16(at!, isLittle) ?? 1;
  return value >= 1 && value <= 8 ? value : 1;
}

interface Place {
  readonly view: DataView;
  readonly at: number;
  readonly isLittle: boolean;
}

/** Where the orientation stands in a TIFF structure's first list (TIFF 6.0, section 2). */
function orientationIn(exif: Uint8Array | undefined): Place | undefined {
  if (exif === undefined) return undefined;
  const tiff = begins(exif, EXIF) ? exif.subarray(EXIF.length) : exif;
  if (tiff.length < 14) return undefined;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const isLittle = begins(tiff, "II");
  const list = view.getUint32(4, isLittle);
  const count = list + 2 <= tiff.length ? view.getUint16(list, isLittle) : 0;
  for (let i = 0, at = list + 2; i < count && at + 12 <= tiff.length; i++, at += 12)
    if (view.getUint16(at, isLittle) === 0x0112) return { view, at: at + 8, isLittle };
  return undefined;
}

/**
 * Says in the file that its pixels lie as they are shown, with extras that `readExtras` gave of these very bytes: Firefox's `ImageDecoder`
 * turns what it decodes, Chromium's does not.
 */
export function eraseOrientation({ exif }: PhotoExtras): void {
  const found = orientationIn(exif);
  if (exif === undefined || found === undefined) return;
  found.view.setUint16(found.at, 1, found.isLittle);
  const chunk = exif.byteOffset - 8;
  if (chunk < 0 || latin1(new Uint8Array(exif.buffer, chunk + 4, 4)) !== "eXIf") return;
  // A PNG's chunk ends with a checksum.
  new Uint8Array(exif.buffer, chunk).set(pngChunk("eXIf", exif));
}
