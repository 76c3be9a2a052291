import type { Plot, Series } from "./document.ts";
import { html, type Markup } from "./markup.ts";
import { niceTicks, shownInterval, shownNumber, shownTick } from "./numbers.ts";

/** Width of every plot, in its own units. */
export const PLOT_WIDTH = 360;
const HEIGHT = 230;
const MARGIN = { top: 12, right: 14, bottom: 40, left: 58 } as const;
/** Room that labels of a slanted axis take instead. */
const SLANTED_BOTTOM = 74;
const LONGEST_LABEL = 14;
const LETTER = 6.4;
/** Looks that a series may have; a further one begins anew. */
const LOOKS = 4;

/**
 * A plot as a figure with inline SVG: lines, points and interval bars; series differ in colour, dashes and shape. Numbers
 * for those who cannot see it stand in the label; the full table is the caller's.
 */
export function plotFigure(plot: Plot): Markup {
  const { title, note, series } = plot;
  const { content, height } = plotContent(plot);
  const legend = series.map(
    (s, i) =>
      html`<li><svg width="28" height="12" viewBox="0 0 28 12" aria-hidden="true">${legendMark(i)}</svg> ${s.name}</li>`,
  );
  return html`<figure class="plot">
<figcaption><strong>${title}</strong>${note !== undefined && html` <span class="note">${note}</span>`}</figcaption>
${series.length > 1 && html`<ul class="legend">${legend}</ul>`}
<svg viewBox="0 0 ${PLOT_WIDTH} ${height}" role="img" aria-label="${description(plot)}">
${content}
</svg>
</figure>`;
}

/** What stands beside a series' name: 28 wide, 12 high. */
export const legendMark = (index: number): Markup =>
  html`<g class="look${index % LOOKS}"><line class="line" x1="1" x2="27" y1="6" y2="6"/>${marker(index, 14, 6)}</g>`;

/** Axes and series, PLOT_WIDTH wide. */
export function plotContent(plot: Plot): { content: Markup; height: number } {
  const { x, series, format } = plot;
  const positions = xPositions(x.values);
  const [left, right] = [MARGIN.left, PLOT_WIDTH - MARGIN.right];
  const room = Math.min(2 * (MARGIN.right + 10), (PLOT_WIDTH - left) / x.values.length);
  const slanted = positions.categories && x.values.some((value) => value.length * LETTER > room);
  const bottom = slanted ? SLANTED_BOTTOM : MARGIN.bottom;
  const height = HEIGHT + bottom - MARGIN.bottom;
  const floor = height - bottom;
  const places = positions.shares.map((share) => round(left + 10 + share * (right - left - 20)));
  const { low, high, ticks } = yRange(series);
  const py = (value: number): number => round(MARGIN.top + ((high - value) / (high - low)) * (floor - MARGIN.top));
  const grid = ticks.map(
    (tick) =>
      html`<line class="grid" x1="${left}" x2="${right}" y1="${py(tick)}" y2="${py(tick)}"/>
<text class="tick" x="${left - 8}" y="${py(tick) + 4}" text-anchor="end">${shownTick(tick, format)}</text>`,
  );
  const labels = shownLabels(x.values, places, slanted).map(({ text, at }) =>
    slanted
      ? html`<text class="tick" text-anchor="end" transform="translate(${at + 4} ${floor + 16}) rotate(-32)">${text}</text>`
      : html`<text class="tick" text-anchor="middle" x="${at}" y="${floor + 17}">${text}</text>`,
  );
  const content = html`${grid}<line class="axis" x1="${left}" x2="${right}" y1="${floor}" y2="${floor}"/>
${labels}<text class="name" text-anchor="middle" x="${(left + right) / 2}" y="${height - 5}">${x.name}</text>
${series.map((s, i) => line(plot, s, i, places, py))}`;
  return { content, height };
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** Each value's place from 0 to 1. */
function xPositions(values: readonly string[]): { shares: number[]; categories: boolean } {
  const numbers = values.map((value) => (value.trim() === "" ? Number.NaN : Number(value)));
  const categories = numbers.some((n) => !Number.isFinite(n));
  const places = categories ? values.map((_, i) => i) : numbers;
  const [low, high] = [Math.min(...places), Math.max(...places)];
  return { shares: places.map((place) => (high > low ? (place - low) / (high - low) : 0.5)), categories };
}

/** Labels that fit: on a slanted axis all of them, shortened; else those that touch no label before. */
function shownLabels(
  values: readonly string[],
  places: readonly number[],
  slanted: boolean,
): { text: string; at: number }[] {
  const all = values.map((text, i) => ({ text, at: places[i]! })).sort((a, b) => a.at - b.at);
  if (slanted)
    return all.map(({ text, at }) => ({
      text: text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text,
      at,
    }));
  let end = Number.NEGATIVE_INFINITY;
  return all.filter(({ text, at }) => {
    const half = (text.length * LETTER) / 2;
    if (at - half < end + 4) return false;
    end = at + half;
    return true;
  });
}

function yRange(series: readonly Series[]): { low: number; high: number; ticks: number[] } {
  const values = series
    .flatMap(({ points }) => points.flatMap((p) => (p === null ? [] : [p.value, ...(p.interval ?? [])])))
    .filter(Number.isFinite);
  if (values.length === 0) return { low: 0, high: 1, ticks: [] };
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const pad = (most - least || Math.abs(most) || 1) * 0.06;
  // Numbers that have no sign keep their zero as the lowest that is shown.
  const low = least >= 0 ? Math.max(0, least - pad) : least - pad;
  const high = most + pad;
  return { low, high, ticks: niceTicks(low, high, 5) };
}

/** One series: its line, interval bars, and points that say their number when pointed at. */
function line(
  { x, format }: Plot,
  { name, points }: Series,
  index: number,
  places: readonly number[],
  py: (value: number) => number,
): Markup {
  const drawn = points
    .flatMap((p, i) => (p !== null && Number.isFinite(p.value) ? [{ ...p, at: places[i]!, label: x.values[i]! }] : []))
    .sort((a, b) => a.at - b.at);
  const path = drawn.map(({ at, value }, i) => `${i === 0 ? "M" : "L"}${at} ${py(value)}`).join("");
  return html`<g class="look${index % LOOKS}"><path class="line" d="${path}"/>
${drawn.map(({ at, interval }) => interval !== null && html`<path class="bar" d="M${at} ${py(interval[0])}V${py(interval[1])}M${at - 4} ${py(interval[0])}h8M${at - 4} ${py(interval[1])}h8"/>`)}
${drawn.map(
  ({ at, value, interval, label }) =>
    html`<g>${marker(index, at, py(value))}<title>${name}, ${x.name} ${label}: ${shownNumber(value, format)}${interval !== null && ` (${shownInterval(interval, format)})`}</title></g>`,
)}</g>`;
}

function marker(index: number, x: number, y: number): Markup {
  switch (index % LOOKS) {
    case 0:
      return html`<circle class="point" cx="${x}" cy="${y}" r="4"/>`;
    case 1:
      return html`<rect class="point" x="${x - 3.5}" y="${y - 3.5}" width="7" height="7"/>`;
    case 2:
      return html`<path class="point" d="M${x} ${y - 4.5}l4.5 8h-9z"/>`;
    default:
      return html`<path class="point" d="M${x} ${y - 5}l5 5l-5 5l-5 -5z"/>`;
  }
}

/** The plot in words. */
export function description({ title, x, series, format }: Plot): string {
  const said = series.map(({ name, points }) => {
    const numbers = points.map((p, i) => `${x.values[i]}: ${p === null ? "none" : shownNumber(p.value, format)}`);
    return `${series.length > 1 ? `${name}: ` : ""}${numbers.join("; ")}`;
  });
  return `${title} by ${x.name}. ${said.join(". ")}.`;
}
