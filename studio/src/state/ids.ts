/** Random names. `crypto.randomUUID` is not there on pages without a secure address (plain http on a network). */
const BYTES = 16;

/** 32 hex digits that no other call gives. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
