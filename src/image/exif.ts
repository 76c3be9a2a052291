/** A photograph's EXIF record carried into an edited copy: upright, of the new size, and without any picture inside it. */
import type { MasterImage } from "./master.ts";

/** One entry as the file has it; its value in the record's byte order. */
interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly value: Uint8Array;
}

/** Bytes of one value by its type (TIFF 6.0, section 2; EXIF 2.32, 4.6.2). */
const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const [SHORT, LONG] = [3, 4];

/** Longest value that is kept: longer ones are pictures and maker's blocks. */
const LONGEST_VALUE = 16_384;
const MOST_ENTRIES = 512;

const ORIENTATION = 0x0112;
const [PIXEL_WIDTH, PIXEL_HEIGHT] = [0xa002, 0xa003];
/** Entries that lead to another list, by the list that they stand in. */
const POINTERS = { exif: 0x8769, gps: 0x8825, interoperability: 0xa005 } as const;

/** What says how pixels lie in a file, or holds or leads to pictures, other records or a maker's own offsets. */
const LEFT_OUT: ReadonlySet<number> = new Set([
  ...[0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0111, 0x0115, 0x0116, 0x0117, 0x011c, 0x013d],
  ...[0x0142, 0x0143, 0x0144, 0x0145, 0x014a, 0x0153, 0x015b, 0x0201, 0x0202, 0x0211, 0x0212, 0x0213],
  ...[0x02bc, 0x501b, 0x83bb, 0x8649, 0x8773, 0x927c, 0x935c, 0xc634, 0xc4a5, ...Object.values(POINTERS)],
]);

/**
 * The record written anew: its descriptive entries (camera, exposure, date, place, author), orientation 1 and the picture's size. The
 * thumbnail, previews and the maker's block (which holds previews too) are left out. Nothing for what is no EXIF record.
 * @param exif with or without the `Exif` mark in front; as trustworthy as the file it comes from
 */
export function editedExif(exif: Uint8Array, size: Pick<MasterImage, "width" | "height">): Uint8Array | undefined {
  const tiff = exif.subarray(latin1(exif, 0, 4) === "Exif" ? 6 : 0);
  const order = latin1(tiff, 0, 2);
  if (tiff.length < 8 || (order !== "II" && order !== "MM")) return undefined;
  const isLittle = order === "II";
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (view.getUint16(2, isLittle) !== 42) return undefined;
  const read = (at: number): Entry[] => readEntries(tiff, view, at, isLittle);
  const numbers = (type: number, value: number): Uint8Array => {
    const bytes = new Uint8Array(TYPE_BYTES[type]!);
    if (type === SHORT) new DataView(bytes.buffer).setUint16(0, value, isLittle);
    else new DataView(bytes.buffer).setUint32(0, value, isLittle);
    return bytes;
  };
  const first = read(view.getUint32(4, isLittle));
  const inside = (entries: readonly Entry[], pointer: number): Entry[] => {
    const found = entries.find(({ tag, value }) => tag === pointer && value.length === 4);
    return found === undefined ? [] : read(view.getUint32(found.value.byteOffset - tiff.byteOffset, isLittle));
  };
  const exifEntries = inside(first, POINTERS.exif);
  const main = [
    ...kept(first).filter(({ tag }) => tag !== ORIENTATION),
    { tag: ORIENTATION, type: SHORT, count: 1, value: numbers(SHORT, 1) },
  ];
  const details = kept(exifEntries).map((entry) => {
    if (entry.tag !== PIXEL_WIDTH && entry.tag !== PIXEL_HEIGHT) return entry;
    const side = entry.tag === PIXEL_WIDTH ? size.width : size.height;
    return { tag: entry.tag, type: LONG, count: 1, value: numbers(LONG, side) };
  });
  const place = kept(inside(first, POINTERS.gps));
  const rules = kept(inside(exifEntries, POINTERS.interoperability));
  return writeTiff({ main, details, place, rules }, isLittle);
}

const kept = (entries: readonly Entry[]): Entry[] =>
  entries.filter(({ tag, value }) => !LEFT_OUT.has(tag) && value.length <= LONGEST_VALUE);

/** The entries of a list; those that lead outside the record are left out. */
function readEntries(tiff: Uint8Array, view: DataView, at: number, isLittle: boolean): Entry[] {
  if (at < 8 || at + 2 > tiff.length) return [];
  const count = view.getUint16(at, isLittle);
  if (count > MOST_ENTRIES) return [];
  const entries = new Map<number, Entry>();
  for (let i = 0; i < count; i++) {
    const place = at + 2 + 12 * i;
    if (place + 12 > tiff.length) break;
    const [tag, type] = [view.getUint16(place, isLittle), view.getUint16(place + 2, isLittle)];
    const values = view.getUint32(place + 4, isLittle);
    const bytes = (TYPE_BYTES[type] ?? 0) * values;
    const from = bytes <= 4 ? place + 8 : view.getUint32(place + 8, isLittle);
    if (bytes === 0 || from + bytes > tiff.length) continue;
    entries.set(tag, { tag, type, count: values, value: tiff.subarray(from, from + bytes) });
  }
  return [...entries.values()];
}

interface Lists {
  readonly main: readonly Entry[];
  readonly details: readonly Entry[];
  readonly place: readonly Entry[];
  readonly rules: readonly Entry[];
}

/** A list's bytes: its number of entries, the entries, no next list, and its long values, each on an even place. */
const listBytes = (entries: readonly Entry[], pointers: number): number =>
  6 + 12 * (entries.length + pointers) + entries.reduce((sum, { value }) => sum + longBytes(value), 0);
const longBytes = (value: Uint8Array): number => (value.length <= 4 ? 0 : value.length + (value.length % 2));

function writeTiff({ main, details, place, rules }: Lists, isLittle: boolean): Uint8Array {
  const hasDetails = details.length > 0 || rules.length > 0;
  const mainAt = 8;
  const detailsAt = mainAt + listBytes(main, (hasDetails ? 1 : 0) + (place.length > 0 ? 1 : 0));
  const placeAt = detailsAt + (hasDetails ? listBytes(details, rules.length > 0 ? 1 : 0) : 0);
  const rulesAt = placeAt + (place.length > 0 ? listBytes(place, 0) : 0);
  const out = new Uint8Array(rulesAt + (rules.length > 0 ? listBytes(rules, 0) : 0));
  const view = new DataView(out.buffer);
  out.set(isLittle ? [0x49, 0x49] : [0x4d, 0x4d]);
  view.setUint16(2, 42, isLittle);
  view.setUint32(4, mainAt, isLittle);
  const pointer = (tag: number, at: number): Entry => {
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, at, isLittle);
    return { tag, type: LONG, count: 1, value };
  };
  const write = (at: number, entries: readonly Entry[]): void => {
    view.setUint16(at, entries.length, isLittle);
    let long = at + 6 + 12 * entries.length;
    for (const [i, { tag, type, count, value }] of [...entries].sort((a, b) => a.tag - b.tag).entries()) {
      const to = at + 2 + 12 * i;
      view.setUint16(to, tag, isLittle);
      view.setUint16(to + 2, type, isLittle);
      view.setUint32(to + 4, count, isLittle);
      if (value.length <= 4) out.set(value, to + 8);
      else {
        view.setUint32(to + 8, long, isLittle);
        out.set(value, long);
        long += longBytes(value);
      }
    }
  };
  write(mainAt, [
    ...main,
    ...(hasDetails ? [pointer(POINTERS.exif, detailsAt)] : []),
    ...(place.length > 0 ? [pointer(POINTERS.gps, placeAt)] : []),
  ]);
  if (hasDetails)
    write(detailsAt, [...details, ...(rules.length > 0 ? [pointer(POINTERS.interoperability, rulesAt)] : [])]);
  if (place.length > 0) write(placeAt, place);
  if (rules.length > 0) write(rulesAt, rules);
  return out;
}

const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));
