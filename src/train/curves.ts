/** A run's curves as SVG, drawn from its log. */
import type { Json, LogRecord } from "./state.ts";

interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [step: number, value: number])[];
}

/** Scalars of a record by name; nested records as `name/key`. */
export function scalarsOf(record: Readonly<Record<string, Json>>): Record<string, number> {
  const out: Record<string, number> = {};
  for (const [key, value] of Object.entries(record)) {
    if (key === "step" || key === "kind") continue;
    if (typeof value === "number") out[key] = value;
    else if (typeof value === "object" && value !== null && !Array.isArray(value))
      for (const [inner, deeper] of Object.entries(value))
        if (typeof deeper === "number") out[`${key}/${inner}`] = deeper;
  }
  return out;
}

/** One curve for each scalar of the records of a kind. */
function curvesOf(records: readonly LogRecord[], kind: string): Curve[] {
  const curves = new Map<string, [number, number][]>();
  for (const record of records) {
    if (record.kind !== kind) continue;
    for (const [name, value] of Object.entries(scalarsOf(record))) {
      const points = curves.get(name) ?? [];
      curves.set(name, points);
      points.push([record.step, value]);
    }
  }
  return [...curves].map(([name, points]) => ({ name, points }));
}

/** A panel: curves that share an axis. */
export interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
}

/** Panels of a log: each scalar of training, each scalar or group of scalars of evaluation. */
export function panelsOf(records: readonly LogRecord[]): Panel[] {
  const panels: Panel[] = curvesOf(records, "train").map((curve) => ({ title: curve.name, curves: [curve] }));
  const groups = new Map<string, Curve[]>();
  for (const curve of curvesOf(records, "evaluate")) {
    const [group, key] = curve.name.split("/") as [string, string | undefined];
    groups.set(group, [...(groups.get(group) ?? []), { ...curve, name: key ?? group }]);
  }
  return [...panels, ...[...groups].map(([group, curves]) => ({ title: `held-out ${group}`, curves }))];
}

const WIDTH = 360;
const HEIGHT = 220;
const LEFT = 52;
const BOTTOM = 24;
const TOP = 24;
const RIGHT = 12;
const COLUMNS = 3;
const COLOURS = "#1b6ca8 #c0392b #2e8b57 #8e44ad #d68910 #16808a #7f5539 #5d6d7e #b03a7e #6a8f1f".split(" ");

/** All panels on one picture; lines only, readable on white. */
export function curvesSvg(panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  const body = panels.map(
    (panel, i) =>
      `<g transform="translate(${(i % COLUMNS) * WIDTH} ${Math.floor(i / COLUMNS) * HEIGHT})">${panelSvg(panel)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${COLUMNS * WIDTH} ${Math.max(1, rows) * HEIGHT}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${body.join("\n")}
</svg>
`;
}

function panelSvg({ title, curves }: Panel): string {
  const points = curves.flatMap((curve) => curve.points).filter(([, value]) => Number.isFinite(value));
  const xs = points.map(([step]) => step);
  const ys = points.map(([, value]) => value);
  const [x0, x1] = range(xs);
  const [y0, y1] = range(ys);
  const x = (step: number): string => (LEFT + ((step - x0) / (x1 - x0)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number): string =>
    (HEIGHT - BOTTOM - ((value - y0) / (y1 - y0)) * (HEIGHT - BOTTOM - TOP)).toFixed(1);
  const lines = curves.map((curve, i) => {
    const path = curve.points.filter(([, v]) => Number.isFinite(v)).map(([step, value]) => `${x(step)},${y(value)}`);
    const colour = COLOURS[i % COLOURS.length];
    const label =
      curves.length > 1
        ? `<text x="${LEFT + 4 + i * 28}" y="${TOP + 8}" fill="${colour}">${escaped(curve.name)}</text>`
        : "";
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.4" points="${path.join(" ")}"/>${label}`;
  });
  const frame = `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="#999"/>`;
  const labels = [
    `<text x="${LEFT}" y="14" font-weight="bold">${escaped(title)}</text>`,
    `<text x="${LEFT - 4}" y="${TOP + 4}" text-anchor="end">${short(y1)}</text>`,
    `<text x="${LEFT - 4}" y="${HEIGHT - BOTTOM}" text-anchor="end">${short(y0)}</text>`,
    `<text x="${LEFT}" y="${HEIGHT - 8}">${short(x0)}</text>`,
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${short(x1)}</text>`,
  ];
  return [frame, ...labels, ...lines].join("");
}

/** Least and largest value, never equal. */
function range(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

function escaped(value: string): string {
  return value.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
