/**
 * Values that hold canvases, files and bytes, as plain data that refers to parts: what storage and files can hold. Functions
 * are left out; everything else must be plain data that is never changed in place.
 */

/** Plain data; a part is an object with the one key `$part`. */
export type Packed = null | boolean | number | string | readonly Packed[] | { readonly [key: string]: Packed };

export const PART_KINDS = ["canvas", "bitmap", "blob", "bytes"] as const;
export type PartKind = (typeof PART_KINDS)[number];

/** What may be a part: never drawn on or written to once it is packed. */
export type PartContent = HTMLCanvasElement | ImageBitmap | Blob | Uint8Array<ArrayBuffer>;

interface PartReference {
  readonly $part: string;
  readonly kind: PartKind;
}

const kindOf = (value: unknown): PartKind | undefined =>
  value instanceof Blob
    ? "blob"
    : value instanceof Uint8Array
      ? "bytes"
      : typeof HTMLCanvasElement !== "undefined" && value instanceof HTMLCanvasElement
        ? "canvas"
        : typeof ImageBitmap !== "undefined" && value instanceof ImageBitmap
          ? "bitmap"
          : undefined;

/** @param idOf the id under which a part is kept: the same for the same object. */
export function pack(value: unknown, idOf: (content: PartContent, kind: PartKind) => string): Packed | undefined {
  const kind = kindOf(value);
  if (kind !== undefined) return { $part: idOf(value as PartContent, kind), kind };
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) return value.map((one) => pack(one, idOf) ?? null);
  if (typeof value !== "object") return undefined;
  const packed: Record<string, Packed> = {};
  for (const [key, one] of Object.entries(value)) {
    const own = pack(one, idOf);
    if (own !== undefined) packed[key] = own;
  }
  return packed;
}

const isPart = (value: Packed): value is Packed & PartReference =>
  typeof value === "object" && value !== null && "$part" in value;

/** Every part that packed data refers to, once. */
export function partsOf(packed: Packed, found = new Map<string, PartKind>()): Map<string, PartKind> {
  if (typeof packed !== "object" || packed === null) return found;
  if (isPart(packed)) found.set(packed.$part, packed.kind);
  else for (const one of Array.isArray(packed) ? packed : Object.values(packed)) partsOf(one, found);
  return found;
}

/**
 * The value that was packed. What was one object is one object again: equal parts of the data are.
 * @param contentOf the part of an id.
 */
export function unpack(packed: Packed, contentOf: (id: string) => unknown): unknown {
  const known = new Map<string, unknown>();
  const walk = (one: Packed): unknown => {
    if (typeof one !== "object" || one === null) return one;
    if (isPart(one)) return contentOf(one.$part);
    const key = JSON.stringify(one);
    if (known.has(key)) return known.get(key);
    const value = Array.isArray(one)
      ? one.map(walk)
      : Object.fromEntries(Object.entries(one).map(([name, own]) => [name, walk(own)]));
    known.set(key, value);
    return value;
  };
  return walk(packed);
}
