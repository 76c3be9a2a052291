/** The part of a report that shows one option's values side by side. */
import { type EvaluationResult, type MetricName, metricDirection, metricNames } from "../evaluate/index.ts";
import type { Block, Picture, Plot, Section } from "./document.ts";
import { metricCell, metricInfo } from "./evaluation.ts";

export interface Sweep {
  /** The option, as a title. */
  readonly option: string;
  readonly points: readonly SweepPoint[];
}

interface SweepPoint {
  /** The option's value as text. */
  readonly value: string;
  readonly result: Pick<EvaluationResult, MetricName | "intervals">;
  /** Pictures drawn with it. */
  readonly sheet?: Picture;
}

const NOTES = { lower: "lower is better", higher: "higher is better", neither: "" } as const;

/** Plots of every number that there is, one table of them all, and the sheets. */
export function sweepSection({ option, points }: Sweep): Section {
  const there = metricNames.filter((name) => points.some(({ result }) => result[name] !== null));
  const blocks: Block[] = [
    { kind: "plots", plots: sweepPlots({ option, points }) },
    metricTable(there, option, points),
  ];
  const sheets = points.flatMap(({ sheet }) => (sheet === undefined ? [] : [sheet]));
  if (sheets.length > 0) blocks.push({ kind: "pictures", pictures: sheets });
  return { title: option, blocks };
}

/** A plot of every number that there is. */
export function sweepPlots({ option, points }: Sweep): Plot[] {
  return metricNames
    .filter((name) => points.some(({ result }) => result[name] !== null))
    .map((name) => metricPlot(name, option, points));
}

function metricPlot(name: MetricName, option: string, points: readonly SweepPoint[]): Plot {
  const { title, format } = metricInfo[name];
  return {
    title,
    note: NOTES[metricDirection(name)],
    x: { name: option, values: points.map(({ value }) => value) },
    format,
    series: [
      {
        name: title,
        points: points.map(({ result }) =>
          result[name] === null ? null : { value: result[name], interval: result.intervals[name] },
        ),
      },
    ],
  };
}

function metricTable(names: readonly MetricName[], option: string, points: readonly SweepPoint[]): Block {
  const best = names.map((name) => bestPoint(name, points));
  return {
    kind: "table",
    table: {
      caption: `All numbers by ${option.toLowerCase()}, with 95 % intervals; the best of each column is bold`,
      columns: [{ name: option }, ...names.map((name) => ({ name: metricInfo[name].title, numeric: true }))],
      rows: points.map(({ value, result }, row) => ({
        cells: [value, ...names.map((name) => metricCell(result, name))],
        best: names.flatMap((_, i) => (best[i] === row ? [i + 1] : [])),
      })),
    },
  };
}

/** The point whose number is the best; none where no way is better or there is but one. */
function bestPoint(name: MetricName, points: readonly SweepPoint[]): number | undefined {
  const sign = { lower: 1, higher: -1, neither: 0 }[metricDirection(name)];
  const there = points.flatMap(({ result }, i) => (result[name] === null ? [] : [{ i, cost: sign * result[name] }]));
  if (sign === 0 || there.length < 2) return undefined;
  return there.reduce((a, b) => (b.cost < a.cost ? b : a)).i;
}
