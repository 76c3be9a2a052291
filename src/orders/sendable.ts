/** Values on their way to a page: typed arrays go as copies that are transferred, so that the page's thread copies nothing. */

/** A value without functions, and the buffers of its copies. The worker keeps its own arrays. */
export function sendable<T>(value: T): { readonly value: T; readonly transfer: ArrayBuffer[] } {
  const transfer: ArrayBuffer[] = [];
  const copied = (part: unknown): unknown => {
    if (ArrayBuffer.isView(part) && !(part instanceof DataView)) {
      const copy = (part as Uint8Array).slice();
      transfer.push(copy.buffer as ArrayBuffer);
      return copy;
    }
    if (Array.isArray(part)) return part.map(copied);
    if (typeof part !== "object" || part === null || part instanceof Map) return part;
    const fields = Object.entries(part).filter(([, field]) => typeof field !== "function");
    return Object.fromEntries(fields.map(([name, field]) => [name, copied(field)]));
  };
  return { value: copied(value) as T, transfer };
}
