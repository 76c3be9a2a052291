import type { NumberFormat } from "./document.ts";

/** A number for readers: four digits, shares in per cent. */
export function shownNumber(value: number, format: NumberFormat = "number"): string {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "none";
  if (format === "share") return `${plain(100 * value, 1)} %`;
  if (format === "decibel") return `${plain(value, 2)} dB`;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(2).replaceAll("-", "−").replace("e+", "e");
  return plain(
    value,
    size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : size === 0 || size >= 1e-2 ? 4 : 5,
  );
}

const plain = (value: number, digits: number): string =>
  value
    .toFixed(digits)
    .replace(/^-(0\.?0*)$/, "$1")
    .replace("-", "−");

/** A difference with its sign; of shares in percentage points. */
export function shownDifference(value: number, format: NumberFormat = "number"): string {
  const text = shownNumber(value, format).replace(/ %$/, " points");
  return value > 0 ? `+${text}` : text;
}

/** An interval, or a dash where there is none. */
export function shownInterval(interval: readonly [number, number] | null, format: NumberFormat = "number"): string {
  return interval === null ? "—" : `${shownNumber(interval[0], format)} to ${shownNumber(interval[1], format)}`;
}

/** Round numbers that cover a range: steps of 1, 2 or 5 times a power of ten, about `count` of them. */
export function niceTicks(low: number, high: number, count: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const distance = (factor: number): number => Math.abs(Math.log((factor * power) / raw));
  const step = power * [1, 2, 5, 10].reduce((a, b) => (distance(b) < distance(a) ? b : a));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A tick without digits that say nothing. */
export function shownTick(value: number, format: NumberFormat): string {
  const scaled = Number((format === "share" ? 100 * value : value).toPrecision(6));
  const size = Math.abs(scaled);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? scaled.toExponential() : String(scaled);
  return `${text.replaceAll("-", "−")}${format === "share" ? " %" : ""}`;
}
