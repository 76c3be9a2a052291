/** Reports: one HTML page that needs nothing else, from plain data. Runs in Node. */
export type { Block, Picture, Plot, ReportDocument, Section } from "./document.ts";
export { plotsDrawing } from "./drawing.ts";
export { evaluationSections, metricInfo, protocolSection } from "./evaluation.ts";
export { shownDifference, shownNumber } from "./numbers.ts";
export { renderReport } from "./render.ts";
export { sweepPlots, sweepSection } from "./sweep.ts";
export { textColumns } from "./text.ts";
