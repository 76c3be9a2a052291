import { textColumns } from "../report/index.ts";
import type { BatchRate } from "./batch-rate.ts";
import type { CancelReport, FirstReport, LoadReport } from "./server-load.ts";

/** A server under load, beside what its model can do at best. */
export interface ServerReport {
  readonly model: string;
  readonly clients: number;
  /** The model alone, drawing side by side. */
  readonly alone: readonly BatchRate[];
  /** One client alone with the server. */
  readonly first: FirstReport;
  /** Everybody asks for one finished picture. */
  readonly full: LoadReport;
  /** Some stream every scale, some leave. */
  readonly mixed: LoadReport;
  readonly cancel: CancelReport;
  /** Pictures a second under full load over the best and over the single rate alone. */
  readonly ofBest: number;
  readonly ofSingle: number;
}

/** Puts the measured parts together. */
export function serverReport(parts: Omit<ServerReport, "ofBest" | "ofSingle">): ServerReport {
  const rate = parts.full.picturesPerSecond;
  const best = Math.max(...parts.alone.map((one) => one.rate));
  const single = parts.alone.find(({ batch }) => batch === 1)!.rate;
  return { ...parts, ofBest: rate / best, ofSingle: rate / single };
}

/** The report as a table for people. */
export function serverTable(report: ServerReport): string {
  const { alone, first, full, mixed, cancel } = report;
  const rows: [string, string, string][] = alone.map(({ batch, rate }) => [
    `alone, ${batch} side by side`,
    `${rate.toFixed(2)} pictures/s`,
    "",
  ]);
  rows.push(["one client", `first scale after ${seconds(first.scale)}`, `picture after ${seconds(first.picture)}`]);
  rows.push([
    "full queue",
    `${full.picturesPerSecond.toFixed(2)} pictures/s`,
    `batches of ${full.meanBatch.toFixed(1)}`,
  ]);
  rows.push([
    "",
    `${(100 * report.ofBest).toFixed(1)} % of the best alone`,
    `${report.ofSingle.toFixed(2)} x one by one`,
  ]);
  rows.push(...loadRows("full queue", full), ...loadRows("some leave, some stream", mixed));
  rows.push(["a cancelled job", `frees the model in ${seconds(cancel.freed)}`, `one scale ${seconds(cancel.scale)}`]);
  return `${[`${report.model}, ${report.clients} clients`, textColumns(rows)].join("\n")}\n`;
}

const seconds = (value: number | null): string => (value === null ? "none" : `${value.toFixed(2)} s`);

function loadRows(name: string, load: LoadReport): [string, string, string][] {
  const { done, refused, left, errors, p50, p95, memory } = load;
  const failed = Object.entries(errors).map(([words, n]) => `${n} x ${words}`);
  return [
    [`${name}, ${load.seconds.toFixed(0)} s`, `${done} done, ${refused} times 429, ${left} left`, ""],
    ["", failed.length === 0 ? "no error" : failed.join("; "), ""],
    ["", `p50 ${seconds(p50)}, p95 ${seconds(p95)}`, ""],
    ["", `memory ${memory.early.toFixed(0)} to ${memory.late.toFixed(0)} MB`, `at most ${memory.most.toFixed(0)} MB`],
  ];
}
