/** Bytes, times and sizes in words. */
const MEGABYTE = 1_000_000;

export const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0)} MB`;

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export const gridName = ([h, w]: readonly [number, number]): string => `${h}×${w}`;

export const sizeName = ({ width, height }: { width: number; height: number }): string => `${width}×${height}`;

/** The place in a server's queue, where `before` orders come first. */
export const placeInLine = (before: number): string =>
  before === 0
    ? "Next in line on the server"
    : `In line on the server, ${before} ${before === 1 ? "order" : "orders"} before this`;

const DAY_MS = 86_400_000;

/** "Today", "Yesterday" or a date. */
export function dayName(time: number, now = Date.now()): string {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (time >= midnight) return "Today";
  if (time >= midnight - DAY_MS) return "Yesterday";
  return new Date(time).toLocaleDateString(undefined, { day: "numeric", month: "long", year: "numeric" });
}
