/** What a file is, told by its first bytes: a name or a declared type says nothing. */

/** Formats that are decoded; everything else is refused before a decoder sees it. */
export const PICTURE_FORMATS = ["PNG", "JPEG", "WebP", "GIF", "AVIF", "TIFF"] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** Bytes at an offset; `undefined` matches any. Texts are Latin-1. */
type Signature = readonly [offset: number, bytes: string];

const SIGNATURES: Readonly<Record<Exclude<PictureFormat, "WebP" | "AVIF">, readonly string[]>> = {
  PNG: ["\x89PNG\r\n\x1a\n"],
  JPEG: ["\xff\xd8\xff"],
  GIF: ["GIF87a", "GIF89a"],
  // Classic and BigTIFF, both byte orders.
  TIFF: ["II*\0", "MM\0*", "II+\0", "MM\0+"],
};

/** Other formats by their beginning, in words for a message. */
const FOREIGN: readonly (readonly [words: string, ...Signature])[] = [
  ["a gzip archive (perhaps a compressed SVG)", 0, "\x1f\x8b"],
  ["a ZIP archive", 0, "PK\x03\x04"],
  ["a PDF document", 0, "%PDF"],
  ["a PostScript drawing", 0, "%!PS"],
  ["a BMP picture", 0, "BM"],
  ["an ICO picture", 0, "\0\0\x01\0"],
  ["a cursor", 0, "\0\0\x02\0"],
  ["a JPEG XL picture", 0, "\xff\x0a"],
  ["a JPEG XL picture", 4, "JXL "],
  ["a JPEG 2000 picture", 4, "jP  "],
  ["a JPEG 2000 picture", 0, "\xff\x4f\xff\x51"],
  ["a Photoshop file", 0, "8BPS"],
  ["a Radiance picture", 0, "#?R"],
  ["an OpenEXR picture", 0, "v/1\x01"],
  ["a QOI picture", 0, "qoif"],
  ["a DDS texture", 0, "DDS "],
  ["a FITS picture", 0, "SIMPLE  ="],
  ["a libvips picture", 0, "\x08\xf2\xa6\xb6"],
  ["a libvips picture", 0, "\xb6\xa6\xf2\x08"],
  ["a Git LFS pointer in place of the file", 0, "version https://git-lfs"],
];

/** Brands of the HEIF family (ISO/IEC 23008-12, AVIF 1.1): what the container holds. */
const AVIF_BRANDS = ["avif", "avis"];
const HEIC_BRANDS = ["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1"];

/** The format of a file's bytes, if it is one that is decoded. */
export function pictureFormat(bytes: Uint8Array): PictureFormat | undefined {
  if (begins(bytes, 0, "RIFF") && begins(bytes, 8, "WEBP")) return "WebP";
  const brands = brandsOf(bytes);
  if (brands !== undefined) return brands.some((brand) => AVIF_BRANDS.includes(brand)) ? "AVIF" : undefined;
  for (const [format, signatures] of Object.entries(SIGNATURES))
    if (signatures.some((signature) => begins(bytes, 0, signature))) return format as keyof typeof SIGNATURES;
  return undefined;
}

/** What a file is that is no picture of {@link PICTURE_FORMATS}, in words. */
export function foreignFormat(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const brands = brandsOf(bytes);
  if (brands !== undefined)
    return brands.some((brand) => HEIC_BRANDS.includes(brand)) ? "a HEIC picture" : "a video or raw photo";
  const found = FOREIGN.find(([, offset, signature]) => begins(bytes, offset, signature));
  if (found !== undefined) return found[0];
  const head = markupHead(bytes);
  if (head === undefined) return "another format";
  if (head.includes("<svg") || head.includes(":svg")) return "an SVG drawing";
  return head.startsWith("<") ? "XML or HTML" : "another format";
}

/** The major and compatible brands of an ISO media file's first box. */
function brandsOf(bytes: Uint8Array): string[] | undefined {
  if (!begins(bytes, 4, "ftyp")) return undefined;
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  const end = Math.min(size, bytes.length, 512);
  const brands: string[] = [];
  // Between the major brand and the compatible ones: the minor version.
  for (let at = 8; at + 4 <= end; at += at === 8 ? 8 : 4) brands.push(latin1(bytes.subarray(at, at + 4)));
  return brands;
}

/** The beginning of a text in lower case without marks, NULs (UTF-16) and spaces in front. */
function markupHead(bytes: Uint8Array): string | undefined {
  const text = latin1(bytes.subarray(0, 4096))
    .replace(/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, "")
    .replaceAll("\0", "")
    .trimStart()
    .toLowerCase();
  return text === "" ? undefined : text;
}

function begins(bytes: Uint8Array, offset: number, signature: string): boolean {
  for (let i = 0; i < signature.length; i++) if (bytes[offset + i] !== signature.charCodeAt(i)) return false;
  return true;
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
