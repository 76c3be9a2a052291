/** Times and memory of a command, as `--json` gives them. */

/** Milliseconds with two decimals: more would be noise. */
const milliseconds = (ms: number): number => Math.round(ms * 100) / 100;

/** Largest resident memory of this process so far, in bytes. */
const peakRssBytes = (): number => process.resourceUsage().maxRSS * 1024;

/**
 * `runtime`: inside ONNX Runtime's `run`, where a command uses it; `total`: from the start of the process.
 * @param more further times by name.
 */
export function measured(
  runtimeMs?: number,
  more: Readonly<Record<string, number>> = {},
): {
  timings_ms: Record<string, number>;
  peak_rss_bytes: number;
} {
  const times = { ...more, ...(runtimeMs === undefined ? {} : { runtime: runtimeMs }), total: performance.now() };
  return {
    timings_ms: Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, milliseconds(ms)])),
    peak_rss_bytes: peakRssBytes(),
  };
}
