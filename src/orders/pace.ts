/** Milliseconds between two reports of a download. Each is a message that a page draws, on the cores that the download needs. */
const REPORT_EVERY_MS = 100;

/**
 * Passes reports of progress on, at most ten a second.
 * @param isDue whether a report is passed on however soon it comes: a first or last one
 * @param now milliseconds
 */
export function paced<T>(
  tell: (report: T) => void,
  isDue: (report: T) => boolean,
  now: () => number = () => performance.now(),
): (report: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (report) => {
    const at = now();
    if (at - last < REPORT_EVERY_MS && !isDue(report)) return;
    last = at;
    tell(report);
  };
}
