/** Reports: one HTML page that needs nothing else, from plain data. Runs in Node. */
export type { Block, NumberFormat, Picture, Plot, ReportDocument, Section, Series, Table } from "./document.ts";
export { plotsDrawing } from "./drawing.ts";
export { evaluationSections, metricInfo, protocolSection } from "./evaluation.ts";
export { shownDifference, shownInterval, shownNumber } from "./numbers.ts";
export { renderReport } from "./render.ts";
export { type Sweep, type SweepPoint, sweepPlots, sweepSection } from "./sweep.ts";
